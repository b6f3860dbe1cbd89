"""The grade as a ring: how much of 100 is reached, with the letter inside."""

from math import pi

from pgclinic.charts.svg import element, picture, text

_SIZE = 120
_RADIUS = 52
_GOOD = 80
_FAIR = 60


def grade_ring(score: float, letter: str, *, label: str = "Grade", of: str = "") -> str:
    """``score`` from 0 to 100; the colour class is ``good``, ``fair`` or ``poor`` by it.

    ``of`` says the score in words.
    """
    of = of or f"{score:.0f} of 100"
    middle = _SIZE / 2
    around = 2 * pi * _RADIUS
    share = min(max(score, 0), 100) / 100
    tone = "good" if score >= _GOOD else "fair" if score >= _FAIR else "poor"
    ring: dict[str, float | str] = {"cx": middle, "cy": middle, "r": _RADIUS, "fill": "none", "stroke_width": 8}
    content = element("circle", class_="track", **ring)
    if share > 0:
        content += element(
            "circle",
            class_=f"arc {tone}",
            stroke_linecap="round",
            stroke_dasharray=f"{around * share:.2f} {around:.2f}",
            transform=f"rotate(-90 {middle:g} {middle:g})",
            **ring,
        )
    content += text(letter.replace("-", "\N{MINUS SIGN}"), middle, middle + 8, class_="letter", text_anchor="middle")
    content += text(of, middle, middle + 28, class_="score", text_anchor="middle")
    return picture(content, _SIZE, _SIZE, label=f"{label} {letter}, {of}", class_="ring")
