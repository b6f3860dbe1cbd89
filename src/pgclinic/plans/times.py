"""Where the time of a plan went: each node's own time, which no other node is charged with.

EXPLAIN ANALYZE tells a node's time with everything below it, as the mean of its loops, and in a parallel part every
process counts as loops of its own. What an InitPlan or a CTE takes is part of the time of the node that asks for it
first, which may stand anywhere below the one that EXPLAIN shows it at.
"""

from collections.abc import Iterator, Sequence

import msgspec

from pgclinic.model.plan import Explained, PlanNode
from pgclinic.model.plan_reading import PlanStep

_GATHERS = frozenset({"Gather", "Gather Merge"})
_ENOUGH = 0.98
"""A node has room for a sub-plan when its own time is this much of it: figures are rounded to microseconds a loop."""


class Timed(msgspec.Struct, frozen=True):
    """The steps in order of their numbers, the statement's time, and what of it no step took."""

    steps: tuple[PlanStep, ...]
    total_ms: float | None
    outside_ms: float | None


def timed(explained: Explained) -> Timed:
    """Number the nodes and share out the time. The own times and what is outside add up to the total."""
    steps = _numbered(explained.root)
    if not _has_times(explained.root):
        return Timed(tuple(steps), explained.execution_ms, None)
    own = _Sharing(steps).own_times()
    inside = sum(own)
    total = max(explained.execution_ms or 0.0, inside)
    return Timed(
        tuple(
            msgspec.structs.replace(step, inclusive_ms=_inclusive(step), own_ms=own[step.number - 1]) for step in steps
        ),
        total,
        max(0.0, total - inside),
    )


def askers_of(steps: Sequence[PlanStep]) -> Iterator[tuple[PlanStep, tuple[PlanStep, ...]]]:
    """Each InitPlan and CTE with the steps that may have run it; all around it where none is known to read it."""
    if any(_is_lazy(step.node) for step in steps):
        sharing = _Sharing(steps)
        for position, step in enumerate(steps):
            if _is_lazy(step.node):
                yield step, tuple(steps[each] for each in sharing.askers(position))


def _has_times(root: PlanNode) -> bool:
    return root.run is not None and root.run.total_ms is not None


def _inclusive(step: PlanStep) -> float:
    """Wall-clock milliseconds of all loops of the node with what is below."""
    run = step.node.run
    return (run.total_ms or 0.0) * run.loops / step.processes if run else 0.0


def _numbered(root: PlanNode) -> list[PlanStep]:
    steps: list[PlanStep] = []
    waiting: list[tuple[PlanNode, int, int, float]] = [(root, 0, 0, 1.0)]
    while waiting:
        node, depth, parent, processes = waiting.pop()
        number = len(steps) + 1
        steps.append(PlanStep(number=number, depth=depth, parent=parent, node=node, processes=processes))
        waiting += [(child, depth + 1, number, _processes(node, child, processes)) for child in reversed(node.children)]
    return steps


def _processes(node: PlanNode, child: PlanNode, around: float) -> float:
    """How many processes work on a child at once: below a Gather each counts loops of its own."""
    if node.node_type not in _GATHERS or child.part or not (node.run and child.run) or not node.run.loops:
        return around
    return max(1.0, child.run.loops / node.run.loops) * around


class _Sharing:
    """One plan's time while it is shared out."""

    def __init__(self, steps: Sequence[PlanStep]) -> None:
        self._steps = steps
        self._children: list[list[int]] = [[] for _ in steps]
        self._last = list(range(len(steps)))
        """The position of the last step below each."""
        for position, step in enumerate(steps):
            if step.parent:
                self._children[step.parent - 1].append(position)
        for position in range(len(steps) - 1, 0, -1):
            parent = steps[position].parent - 1
            self._last[parent] = max(self._last[parent], self._last[position])
        self._own = [
            _inclusive(step) - sum(_inclusive(steps[child]) for child in self._timely(position))
            for position, step in enumerate(steps)
        ]

    def own_times(self) -> list[float]:
        """Milliseconds of each step; none is negative, and they add up to the root's and what is run after it."""
        for position, step in enumerate(self._steps):
            if _is_lazy(step.node):
                self._charge(position)
        return self._fitted()

    def askers(self, lazy: int) -> list[int]:
        """Those that read it, or every step of its owner where nothing tells."""
        owner = self._steps[lazy].parent - 1
        asking = list(self._asking(lazy))
        return self._same_level(owner) if asking in ([owner], []) else asking

    def _same_level(self, owner: int) -> list[int]:
        """The owner and what stands below it in the same query, sub-plans left out, in the order of the plan."""
        found, waiting = [], [owner]
        while waiting:
            position = waiting.pop()
            found.append(position)
            waiting += [child for child in reversed(self._children[position]) if not self._steps[child].node.part]
        return found

    def _timely(self, position: int) -> list[int]:
        """The children whose time is part of the step's own inclusive time, whoever asked for them."""
        return [child for child in self._children[position] if not _is_lazy(self._steps[child].node)]

    def _charge(self, lazy: int) -> None:
        """Take the time of an InitPlan or a CTE off those that asked for it."""
        left = _inclusive(self._steps[lazy])
        asking = list(self._asking(lazy))
        # Who reads it is not always told (columns are with VERBOSE only): the highest node that has the time for it.
        others = [each for each in self._candidates(lazy) if each not in asking]
        roomy = next((each for each in (*asking, *others) if self._own[each] >= left * _ENOUGH), None)
        by_room = sorted((*asking, *others), key=lambda each: (each != roomy, each in others, -self._own[each]))
        for each in by_room:
            taken = min(left, max(0.0, self._own[each]))
            self._own[each] -= taken
            left -= taken
            if left <= 0:
                return
        # What nobody had time for was run after the last row: a statement of WITH that writes is always completed.

    def _candidates(self, lazy: int) -> list[int]:
        """Who else may have paid: workers below a CTE are waited for when the node that it is shown at is shut down."""
        node, owner = self._steps[lazy].node, self._steps[lazy].parent - 1
        if not _is_cte(node):
            return self._same_level(owner)
        return [] if node.node_type == "ModifyTable" else [owner]

    def _asking(self, lazy: int) -> Iterator[int]:
        """Those that read it, in the order of the plan; a Gather asks on behalf of all below it."""
        owner = self._steps[lazy].parent - 1
        part = self._steps[lazy].node.part
        inside = range(lazy, self._last[lazy] + 1)
        found: dict[int, None] = {}
        for position in range(owner, self._last[owner] + 1):
            if position not in inside and self._reads(self._steps[position].node, part):
                found[self._gather_above(position, owner)] = None
        yield from found
        if not _is_cte(self._steps[lazy].node):
            yield owner

    def _reads(self, node: PlanNode, part: str) -> bool:
        if not (node.run and node.run.loops):
            return False
        if part.startswith("CTE "):
            return node.node_type == "CTE Scan" and node.source == part.removeprefix("CTE ")
        name, _, returned = part.partition(" (returns ")
        values = {name, *returned.rstrip(")").split(",")}
        return any(mention in values for mention in node.mentions)

    def _gather_above(self, position: int, owner: int) -> int:
        """Values are computed before workers are launched."""
        found, at = position, position
        while at != owner:
            at = self._steps[at].parent - 1
            if self._steps[at].node.node_type in _GATHERS:
                found = at
        return found

    def _fitted(self) -> list[float]:
        """Children that seem to take longer than their parent, for figures are rounded, are shortened to fit."""
        fitted = [0.0] * len(self._steps)
        factors = [1.0] * len(self._steps)
        for position in range(len(self._steps)):
            own, factor = self._own[position], factors[position]
            below = factor
            if own < 0:
                whole = sum(_inclusive(self._steps[child]) for child in self._timely(position))
                below = factor * max(0.0, whole + own) / whole if whole else factor
                own = 0.0
            fitted[position] = own * factor
            for child in self._children[position]:
                factors[child] = 1.0 if _is_lazy(self._steps[child].node) else below
        return fitted


def _is_lazy(node: PlanNode) -> bool:
    """Whether it is run when somebody asks for it first, and not by the node that it is shown at."""
    return node.part.startswith(("InitPlan", "CTE "))


def _is_cte(node: PlanNode) -> bool:
    return node.part.startswith("CTE ")
