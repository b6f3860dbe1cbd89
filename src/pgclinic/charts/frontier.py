"""What storage buys: the workload's cost against the size of the chosen indexes, with the bound below it."""

from collections.abc import Callable, Iterator, Sequence
from html import escape
from math import log10

import msgspec

from pgclinic.charts.svg import element, picture, text

_TOP, _BOTTOM, _LEFT, _RIGHT = 30, 58, 52, 60
_HEIGHT, _NARROW_HEIGHT = 300, 250
_NARROW = 480
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_LABEL_ROOM = 54
"""Units that the label of a point needs for itself."""
_TICK_ROOM = 64


class FrontierDot(msgspec.Struct, frozen=True):
    """One point: bytes, cost and lower bound relative to now (1.0), and words for its size and for the whole."""

    size: float
    cost: float
    lower_bound: float
    word: str
    title: str


def frontier(dots: Sequence[FrontierDot], *, width: float = 760) -> str:
    """Dots in order of their sizes, at least one; sizes on a logarithmic scale, costs from zero.

    The frontier is a staircase: between two sizes nothing better is known than the smaller one's cost.
    """
    height = _NARROW_HEIGHT if width < _NARROW else _HEIGHT
    sizes = [max(dot.size, 1.0) for dot in dots]
    start, end = log10(min(sizes)) - 0.25, log10(max(sizes)) + 0.05
    highest = max(1.0, *(dot.cost for dot in dots))

    def across(size: float) -> float:
        return _LEFT + (log10(max(size, 1.0)) - start) / (end - start) * (width - _LEFT - _RIGHT)

    def down(share: float) -> float:
        return _TOP + (1 - share / highest) * (height - _TOP - _BOTTOM)

    parts = list(_grid(width, down))
    costs = [(across(dot.size), down(dot.cost)) for dot in dots]
    bounds = [(across(dot.size), down(dot.lower_bound)) for dot in dots]
    edge = width - _RIGHT
    parts.append(element("path", d=_stairs([(_LEFT, down(1.0)), *costs], edge), class_="line"))
    parts.append(element("path", d=_stairs([(_LEFT, down(1.0)), *bounds], edge), class_="bound"))
    last_label, last_tick = -float(_LABEL_ROOM), -float(_TICK_ROOM)
    for dot, (x, y) in zip(dots, costs, strict=True):
        circle = element("circle", element("title", escape(dot.title)), cx=x, cy=y, r=5.5, class_="dot")
        parts.append(circle)
        if x - last_label >= _LABEL_ROOM:
            parts.append(text(f"{dot.cost * 100:.3g} %", x + 8, y - 8, class_="word"))
            last_label = x
        if x - last_tick >= _TICK_ROOM:
            parts.append(element("line", x1=x, y1=down(0) + 1, x2=x, y2=down(0) + 6, class_="axis"))
            parts.append(text(dot.word, x, down(0) + 22, class_="tick", text_anchor="middle"))
            last_tick = x
    middle = (_LEFT + edge) / 2
    parts.append(text("size of the chosen indexes, estimated", middle, height - 8, class_="tick", text_anchor="middle"))
    return picture(
        "".join(parts),
        width,
        height,
        label="Planned cost of the workload against the size of the chosen indexes, with the lower bound",
        class_="frontier",
    )


def _grid(width: float, down: Callable[[float], float]) -> Iterator[str]:
    for share in _SHARES:
        y = down(share)
        yield element("line", x1=_LEFT, y1=y, x2=width - _RIGHT, y2=y, class_="axis" if share == 0 else "grid")
        yield text(f"{share:.0%}", _LEFT - 8, y + 4, class_="tick", text_anchor="end")


def _stairs(points: Sequence[tuple[float, float]], edge: float) -> str:
    """Level to the next point, then down to it; level to the edge after the last."""
    (x, y), *rest = points
    steps = [f"M{x:.1f} {y:.1f}", *(f"H{x:.1f}V{y:.1f}" for x, y in rest), f"H{edge:.1f}"]
    return "".join(steps)
