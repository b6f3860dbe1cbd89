"""How large each thing is against all others: areas in a rectangle, each divided into its own parts.

Squarified: rows are filled so that the rectangles stay as near to squares as they can (Bruls, Huizing, van Wijk,
"Squarified Treemaps", 2000).
"""

from collections.abc import Sequence
from html import escape

import msgspec

from pgclinic.charts.svg import element, picture, text

_GAP = 2
_CHARACTER = 7.2
_LINE = 16
_LEAST_LABEL = 44
PARTS = 3
"""Classes ``part-0`` … ``part-2``; ``part-6`` is a rest without parts."""


class Area(msgspec.Struct, frozen=True):
    """One thing: its name, a word for its size, the sizes of its parts in a fixed order, and what a pointer is told.

    ``is_rest`` stands for many small things together and has one part.
    """

    name: str
    word: str
    parts: tuple[float, ...]
    title: str
    is_rest: bool = False

    @property
    def size(self) -> float:
        """All parts together."""
        return sum(self.parts)


class _Box(msgspec.Struct, frozen=True):
    x: float
    y: float
    width: float
    height: float


def treemap(areas: Sequence[Area], *, label: str, width: float = 760, height: float = 380) -> str:
    """The areas that have a size, the largest at the top left."""
    ordered = sorted((area for area in areas if area.size > 0), key=lambda area: -area.size)
    whole = sum(area.size for area in ordered)
    if not whole:
        return picture("", width, height, label=label, class_="treemap")
    scaled = [area.size / whole * width * height for area in ordered]
    boxes = _squarified(scaled, _Box(0, 0, width, height))
    drawn = [_drawn(area, box) for area, box in zip(ordered, boxes, strict=True)]
    return picture("".join(drawn), width, height, label=label, class_="treemap")


def _squarified(sizes: Sequence[float], box: _Box) -> list[_Box]:
    """One box a size, in order; sizes are areas in square pixels that fill ``box`` together."""
    boxes: list[_Box] = []
    start = 0
    while start < len(sizes):
        side = min(box.width, box.height)
        end = start + 1
        while end < len(sizes) and _worst(sizes[start : end + 1], side) <= _worst(sizes[start:end], side):
            end += 1
        row, box = _row(sizes[start:end], box)
        boxes += row
        start = end
    return boxes


def _worst(row: Sequence[float], side: float) -> float:
    """The worst ratio of sides that any of a row's boxes would have."""
    total = sum(row)
    if side <= 0 or min(row) <= 0:
        return float("inf")
    return max(side * side * max(row) / total**2, total**2 / (side * side * min(row)))


def _row(row: Sequence[float], box: _Box) -> tuple[list[_Box], _Box]:
    """A row along the shorter side of the box, and the box that is left."""
    total = sum(row)
    placed, offset = [], 0.0
    if box.width >= box.height:
        thick = total / box.height if box.height else 0.0
        for size in row:
            long = size / thick if thick else 0.0
            placed.append(_Box(box.x, box.y + offset, thick, long))
            offset += long
        return placed, _Box(box.x + thick, box.y, max(box.width - thick, 0.0), box.height)
    thick = total / box.width if box.width else 0.0
    for size in row:
        long = size / thick if thick else 0.0
        placed.append(_Box(box.x + offset, box.y, long, thick))
        offset += long
    return placed, _Box(box.x, box.y + thick, box.width, max(box.height - thick, 0.0))


def _drawn(area: Area, box: _Box) -> str:
    """The parts side by side along the longer side, and the name where there is room for it."""
    inner = _Box(box.x, box.y, max(box.width - _GAP, 0.5), max(box.height - _GAP, 0.5))
    content = element("title", escape(area.title))
    offset = 0.0
    for number, part in enumerate(area.parts):
        share = part / area.size
        if not share:
            continue
        along, down = (share, 1.0) if inner.width >= inner.height else (1.0, share)
        x, y = (offset * inner.width, 0.0) if inner.width >= inner.height else (0.0, offset * inner.height)
        offset += share
        content += element(
            "rect",
            x=inner.x + x,
            y=inner.y + y,
            width=inner.width * along,
            height=inner.height * down,
            class_="part-6" if area.is_rest else f"part-{min(number, PARTS - 1)}",
        )
    room = int((inner.width - 12) / _CHARACTER)
    if inner.width >= _LEAST_LABEL and inner.height >= _LINE + 6 and room > 2:  # noqa: PLR2004 - letters
        name = area.name if len(area.name) <= room else area.name[: room - 1] + "…"
        content += text(name, inner.x + 6, inner.y + _LINE, class_="name")
        if inner.height >= 2 * _LINE + 6 and len(area.word) <= room:
            content += text(area.word, inner.x + 6, inner.y + 2 * _LINE, class_="word")
    return element("g", content)
