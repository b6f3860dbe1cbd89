"""Where services give way under load: latency against the number of users, both on logarithmic scales."""

from collections.abc import Callable, Iterator, Sequence
from math import ceil, floor, log10

import msgspec

from pgclinic.charts.svg import element, picture, text

COLORS = 4
"""Ways that are told apart by colour."""

_TOP, _BOTTOM, _LEFT, _RIGHT = 24, 46, 62, 24
_HEIGHT, _NARROW_HEIGHT = 300, 240
_NARROW = 480
_SECOND_MS = 1000
_CHARACTER = 6.4
"""The width of one in a legend, about."""


class LoadCurve(msgspec.Struct, frozen=True):
    """One service: ``runs`` are users, P95 in milliseconds (None is endless) and whether it held, in order of users."""

    name: str
    runs: tuple[tuple[float, float | None, bool], ...]


def load_curves(curves: Sequence[LoadCurve], *, limit_ms: float, width: float = 760, legend: bool = False) -> str:
    """Curves with at least one run each, and the limit as a line. What is endless is drawn at the top.

    With ``legend`` it names the curves itself, for where nothing around it does.
    """
    height = _NARROW_HEIGHT if width < _NARROW else _HEIGHT
    users = [run[0] for curve in curves for run in curve.runs]
    times = [run[1] for curve in curves for run in curve.runs if run[1]]
    left, right = floor(log10(min(users))), ceil(log10(max(users)))
    low, high = floor(log10(min([*times, limit_ms]))), ceil(log10(max([*times, limit_ms])))

    def across(value: float) -> float:
        return _LEFT + (log10(value) - left) / max(1, right - left) * (width - _LEFT - _RIGHT)

    def down(value: float) -> float:
        return _TOP + (1 - (log10(value) - low) / max(1, high - low)) * (height - _TOP - _BOTTOM)

    parts = [*_axes(range(left, right + 1), range(low, high + 1), across, down, width, height)]
    parts.append(element("line", x1=_LEFT, y1=down(limit_ms), x2=width - _RIGHT, y2=down(limit_ms), class_="limit"))
    parts.append(text("limit", width - _RIGHT, down(limit_ms) - 6, class_="word", text_anchor="end"))
    for number, curve in enumerate(curves):
        parts += _curve(curve, min(number, COLORS - 1), across, lambda ms: down(10.0**high if ms is None else ms))
    if legend:
        parts += _legend(curves)
    label = "P95 of all requests against the number of users, for each way of running the application"
    return picture("".join(parts), width, height, label=label, class_="load")


def _curve(
    curve: LoadCurve, color: int, across: Callable[[float], float], down: Callable[[float | None], float]
) -> Iterator[str]:
    points = [(across(users), down(ms), is_held) for users, ms, is_held in curve.runs]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y, _ in points)
    yield element("path", d=path, class_=f"curve way-{color}")
    for x, y, is_held in points:
        yield element("circle", cx=x, cy=y, r=4.5, class_=f"dot way-{color}{'' if is_held else ' hollow'}")


def _legend(curves: Sequence[LoadCurve]) -> Iterator[str]:
    x: float = _LEFT
    for number, curve in enumerate(curves):
        yield element("circle", cx=x + 5, cy=_TOP / 2 - 3, r=4.5, class_=f"dot way-{min(number, COLORS - 1)}")
        yield text(curve.name, x + 15, _TOP / 2 + 1, class_="tick")
        x += 15 + _CHARACTER * len(curve.name) + 20


def _axes(
    users: range,
    times: range,
    across: Callable[[float], float],
    down: Callable[[float], float],
    width: float,
    height: float,
) -> Iterator[str]:
    bottom = height - _BOTTOM
    for power in times:
        y = down(10.0**power)
        yield element("line", x1=_LEFT, y1=y, x2=width - _RIGHT, y2=y, class_="grid")
        yield text(_duration(10.0**power), _LEFT - 8, y + 4, class_="tick", text_anchor="end")
    for power in users:
        x = across(10.0**power)
        yield element("line", x1=x, y1=_TOP, x2=x, y2=bottom, class_="grid")
        yield text(f"{10.0**power:,.0f}", x, bottom + 18, class_="tick", text_anchor="middle")
    yield text("concurrent users", (_LEFT + width - _RIGHT) / 2, height - 8, class_="tick", text_anchor="middle")


def _duration(ms: float) -> str:
    return f"{ms / _SECOND_MS:,.0f} s" if ms >= _SECOND_MS else f"{ms:g} ms"
