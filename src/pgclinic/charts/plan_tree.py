"""A plan as a tree: nodes one under the other, joined to their parents, each with a bar for its share of the time."""

from collections.abc import Sequence
from math import ceil

import msgspec

from pgclinic.charts.svg import element, picture, text

_ROW = 40
_TOP = 26
_INDENT = 18
_NARROW_INDENT = 10
_NARROW = 480
_RADIUS = 9.5
_BAR = 6
_LABEL_UNITS_A_CHARACTER = 7.5
_NOTE_UNITS_A_CHARACTER = 6.2
_DEEPEST = 16
"""Nodes below stand as far to the right as this, or there would be no room for their names."""


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """One node. ``parent`` is the position of the row above that it hangs on, -1 for none.

    ``share`` (0 to 1) is the length of its bar; ``tone`` is ``hot``, ``warm``, ``cool`` or ``idle``. ``off`` says how
    far its rows are from the plan's, ``off_tone`` whether that is ``poor`` or ``fair``. ``is_marked`` when something
    is said of it.
    """

    number: int
    depth: int
    parent: int
    label: str
    note: str
    rows: str
    amount: str
    share: float
    tone: str
    off: str = ""
    off_tone: str = "fair"
    is_marked: bool = False


def plan_tree(branches: Sequence[Branch], *, amounts: str, width: float = 760) -> str:
    """Rows in the order given; ``amounts`` is the title of the column of the bars.

    Below 480 units the figures stand under the names, so that phones can show it too.
    """
    is_narrow = width < _NARROW
    row = _ROW + 22 if is_narrow else _ROW
    top = 6 if is_narrow else _TOP
    bar_left, bar_right = (34.0, width - 4) if is_narrow else (width - 150, width - 4)
    names_end = width - 4 if is_narrow else width - 330
    shades, twigs = [], []
    drawn = [] if is_narrow else _titles(width, amounts)
    for position, branch in enumerate(branches):
        y = top + row * position + 15
        x = _x(branch, is_narrow)
        if branch.tone in {"hot", "warm"}:
            shades.append(
                element("rect", x=0, y=y - 17, width=width, height=row - 4, rx=6, class_=f"shade {branch.tone}")
            )
        if branch.parent >= 0:
            over = branches[branch.parent]
            from_x, from_y = _x(over, is_narrow), top + row * branch.parent + 15 + _RADIUS
            bend = f"M{_at(from_x)} {_at(from_y)}V{_at(y)}H{_at(max(x - _RADIUS, from_x))}"
            twigs.append(element("path", d=bend, class_="twig"))
        drawn.append(
            element(
                "circle", cx=x, cy=y, r=_RADIUS, class_=f"knot {branch.tone}{' marked' if branch.is_marked else ''}"
            )
        )
        drawn.append(text(str(branch.number), x, y + 3.5, class_=f"number {branch.tone}", text_anchor="middle"))
        left = x + _RADIUS + 7
        drawn.append(_line(branch.label, left, y + 4, names_end, _LABEL_UNITS_A_CHARACTER, f"label {branch.tone}"))
        drawn.append(_line(branch.note, left, y + 17, names_end, _NOTE_UNITS_A_CHARACTER, "note"))
        drawn += _figures(branch, y, width, is_narrow=is_narrow)
        middle = y + (37 if is_narrow else 10)
        drawn += _bar(branch, bar_left if not is_narrow else left, bar_right, middle)
    drawn_height = top + row * len(branches) + 4
    content = "".join((*shades, *twigs, *drawn))
    return picture(content, width, drawn_height, label="The plan's nodes and their share", class_="plan-tree")


def _titles(width: float, amounts: str) -> list[str]:
    return [
        text("rows", width - 256, 10, class_="tick", text_anchor="end"),
        text("than planned", width - 160, 10, class_="tick", text_anchor="end"),
        text(amounts, width - 4, 10, class_="tick", text_anchor="end"),
    ]


def _figures(branch: Branch, y: float, width: float, *, is_narrow: bool) -> list[str]:
    if is_narrow:
        told = " · ".join(part for part in (branch.amount, f"{branch.rows} rows", branch.off) if part)
        return [
            text(
                told,
                _x(branch, is_narrow) + _RADIUS + 7,
                y + (32 if branch.note else 21),
                class_=f"amount {branch.tone}",
            )
        ]
    return [
        text(branch.rows, width - 256, y + 4, class_="figure", text_anchor="end"),
        text(branch.off, width - 160, y + 4, class_=f"off {branch.off_tone}", text_anchor="end"),
        text(branch.amount, width - 4, y + 1, class_=f"amount {branch.tone}", text_anchor="end"),
    ]


def _bar(branch: Branch, left: float, right: float, y: float) -> list[str]:
    if branch.tone == "idle":
        return []
    long = right - left
    track = element("rect", x=left, y=y, width=long, height=_BAR, rx=_BAR / 2, class_="track")
    if branch.share <= 0:
        return [track]
    filled = max(_BAR / 2, min(branch.share, 1) * long)
    return [track, element("rect", x=left, y=y, width=filled, height=_BAR, rx=_BAR / 2, class_=f"bar {branch.tone}")]


def _line(words: str, x: float, y: float, end: float, unit: float, class_: str) -> str:
    """A text that is cut where its room ends; whole in its tooltip."""
    if not words:
        return ""
    room = max(ceil((end - x) / unit), 8)
    cut = words if len(words) <= room else words[: room - 1].rstrip() + "…"
    return text(cut, x, y, class_=class_)


def _x(branch: Branch, is_narrow: bool) -> float:  # noqa: FBT001 - which of two layouts
    return 14 + min(branch.depth, _DEEPEST) * (_NARROW_INDENT if is_narrow else _INDENT)


def _at(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
