"""Times before and after on a logarithmic scale: a dot each, joined by what was gained."""

from collections.abc import Sequence
from math import ceil, floor, log10

import msgspec

from pgclinic.charts.svg import element, picture, text

_ROW = 34
_TOP = 26
_BOTTOM = 8
_RIGHT = 58
_NARROW = 480
_PRACTICAL = 1.05
_LABEL_CHARACTERS_A_UNIT = 6.6
"""Width of a character of the label at its font size, for cutting long labels."""


class Pair(msgspec.Struct, frozen=True):
    """One row: milliseconds, above zero, and a word for the difference such as how many times faster."""

    label: str
    before: float
    after: float
    word: str


_LABEL = "Median time of each statement before and after, logarithmic scale"


def before_after(pairs: Sequence[Pair], *, width: float = 760, label: str = _LABEL) -> str:
    """Rows in the order given; ``label`` is for those who listen.

    Below 480 units the labels stand above the dots, so that phones can show it too.
    """
    labels_above = width < _NARROW
    left = 8 if labels_above else 250
    row = _ROW + 14 if labels_above else _ROW
    height = _TOP + row * len(pairs) + _BOTTOM
    lowest = floor(log10(min(min(pair.before, pair.after) for pair in pairs)))
    highest = max(ceil(log10(max(max(pair.before, pair.after) for pair in pairs))), lowest + 1)
    step = (width - left - _RIGHT) / (highest - lowest)

    def place(milliseconds: float) -> float:
        return left + (log10(milliseconds) - lowest) * step

    parts = []
    for decade in range(lowest, highest + 1):
        x = left + (decade - lowest) * step
        parts.append(element("line", x1=x, y1=_TOP - 6, x2=x, y2=height - _BOTTOM, class_="grid"))
        anchor = "start" if labels_above and decade == lowest else "middle"
        parts.append(text(_duration(decade), x, 12, class_="tick", text_anchor=anchor))
    for number, pair in enumerate(pairs):
        y = _TOP + row * number + (row - 10 if labels_above else row / 2)
        room = int((width - left if labels_above else left - 24) / _LABEL_CHARACTERS_A_UNIT)
        name = pair.label if len(pair.label) <= room else pair.label[: room - 1] + "…"
        if labels_above:
            parts.append(text(name, left, y - 14, class_="label"))
        else:
            parts.append(text(name, left - 16, y + 4, class_="label", text_anchor="end"))
        before, after = place(pair.before), place(pair.after)
        tone = _tone(pair)
        parts.append(element("line", x1=before, y1=y, x2=after, y2=y, class_=f"span {tone}"))
        parts.append(element("circle", cx=before, cy=y, r=5, class_="dot before"))
        parts.append(element("circle", cx=after, cy=y, r=5.5, class_=f"dot {tone}"))
        parts.append(text(pair.word, width - 2, y + 4, class_=f"word {tone}", text_anchor="end"))
    return picture(
        "".join(parts),
        width,
        height,
        label=label,
        class_="before-after",
    )


def _tone(pair: Pair) -> str:
    """``gain`` or ``loss``; ``same`` within what repeating a measurement differs by anyway."""
    if pair.before >= pair.after * _PRACTICAL:
        return "gain"
    return "loss" if pair.after >= pair.before * _PRACTICAL else "same"


def _duration(decade: int) -> str:
    """10 to the power of ``decade`` milliseconds in words."""
    if decade >= 3:  # noqa: PLR2004 - a second is 10^3 milliseconds
        return f"{10 ** (decade - 3):,} s"
    return f"{10.0**decade:g} ms" if decade >= -1 else f"{10 ** (decade + 3):g} µs"
