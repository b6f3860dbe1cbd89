"""Plans for a terminal, so that the difference between two is seen at a glance.

Both trees are written one under the other like a unified diff: nodes that are only in the one before are marked ``-``,
those that are only in the one after ``+``. A bar shows each node's total cost on the same scale in both.
"""

import difflib
from collections.abc import Iterator

import msgspec
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from pgclinic.model.evidence import Unit
from pgclinic.model.plan import Plan, PlanNode
from pgclinic.report.figures import figure
from pgclinic.report.printable import shortened
from pgclinic.report.terminal import ACCENT, GOOD, POOR, QUIET, indented, words

_BAR = 12
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_MOST_NODES = 40
_LONGEST_CONDITION = 300
_INDENT = 2
_DEEPEST = 12
"""Nodes below stand as far to the right as this, or there would be no room for their names."""


class Line(msgspec.Struct, frozen=True):
    """A node of a plan on a line: how deep it stands, what it does, to what, and by which condition."""

    depth: int
    title: str
    condition: str
    rows: float
    cost: float

    @property
    def meaning(self) -> tuple[str, str]:
        """What makes it the same node in another plan."""
        return self.title, self.condition


class _Scale(msgspec.Struct, frozen=True):
    """What both trees share: the cost of a full bar, and the width of the columns of figures."""

    highest: float
    rows: int
    cost: int


def lines_of(plan: Plan) -> tuple[Line, ...]:
    """The plan's nodes, parents first."""
    return tuple(_lines(plan.root, 0))


def bar(share: float, width: int = _BAR) -> str:
    """A bar of ``share`` (0 to 1) of ``width`` characters, in eighths; never empty."""
    eighths = max(1, round(min(max(share, 0.0), 1.0) * width * 8))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def difference(before: Plan, after: Plan) -> Iterator[RenderableType]:
    """The two trees, or the only one when nothing but its costs differs."""
    old, new = lines_of(before), lines_of(after)
    scale = _scale(old + new, max(before.cost, after.cost) or 1.0)
    same_before, same_after = _unchanged(old, new)
    if len(same_before) == len(old) == len(new) and before.cost == after.cost:
        yield _tree("the plan, the same before and after", old, same_before, ("  ", ""), scale)
        return
    yield _tree("before", old, same_before, ("- ", POOR), scale)
    yield Text()
    yield _tree("after", new, same_after, ("+ ", GOOD), scale)


def _lines(node: PlanNode, depth: int) -> Iterator[Line]:
    title = node.node_type
    if node.index:
        title += f" by {node.index}"
    if node.relation:
        title += f" on {node.relation}"
        if node.alias and node.alias != node.relation:
            title += f" {node.alias}"
    parts = [node.detail, node.condition, f"filter {node.filter}" if node.filter else ""]
    yield Line(depth, title, " · ".join(part for part in parts if part), node.rows, node.total_cost)
    for child in node.children:
        yield from _lines(child, depth + 1)


def _scale(lines: tuple[Line, ...], highest: float) -> _Scale:
    rows = max(len(figure(line.rows, Unit.COUNT)) for line in lines)
    return _Scale(highest, rows, max(len(figure(line.cost, Unit.COST)) for line in lines))


def _unchanged(old: tuple[Line, ...], new: tuple[Line, ...]) -> tuple[frozenset[int], frozenset[int]]:
    """The positions in both that mean the same, in the same order."""
    matcher = difflib.SequenceMatcher(
        None, [line.meaning for line in old], [line.meaning for line in new], autojunk=False
    )
    blocks = matcher.get_matching_blocks()
    left = frozenset(block.a + offset for block in blocks for offset in range(block.size))
    return left, frozenset(block.b + offset for block in blocks for offset in range(block.size))


def _tree(
    title: str, lines: tuple[Line, ...], same: frozenset[int], mark: tuple[str, str], scale: _Scale
) -> RenderableType:
    grid = Table(box=None, show_header=True, header_style=QUIET, padding=(0, 1, 0, 0), pad_edge=False, expand=True)
    grid.add_column(words(title), ratio=1, overflow="fold")
    grid.add_column(words("rows"), justify="right", no_wrap=True, min_width=scale.rows)
    grid.add_column(words("cost"), justify="right", no_wrap=True, min_width=scale.cost)
    grid.add_column("", width=_BAR, no_wrap=True)
    for number, line in enumerate(lines[:_MOST_NODES]):
        sign, style = ("  ", "") if number in same else mark
        lead = sign + " " * (_INDENT * min(line.depth, _DEEPEST))
        grid.add_row(
            _hanging(lead, line, style),
            words((figure(line.rows, Unit.COUNT), QUIET)),
            words((figure(line.cost, Unit.COST), style)),
            words((bar(line.cost / scale.highest), style or QUIET)),
        )
    if len(lines) > _MOST_NODES:
        grid.add_row(words((f"  and {len(lines) - _MOST_NODES} more nodes, in the JSON", QUIET)), "", "", "")
    return grid


def _hanging(lead: str, line: Line, style: str) -> RenderableType:
    """The node beside its mark and indentation; its condition under it."""
    grid = Table.grid()
    grid.add_column(width=len(lead), no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(lead, style), words((line.title, style)))
    if line.condition:
        condition = words((shortened(line.condition, _LONGEST_CONDITION), QUIET if style else ACCENT))
        grid.add_row("", indented(condition, 2 * _INDENT))
    return grid
