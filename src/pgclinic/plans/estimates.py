"""How far off the planner's numbers of rows were, where that can be told."""

from collections.abc import Sequence

from pgclinic.model.plan_reading import PlanStep

JOINS = frozenset({"Nested Loop", "Hash Join", "Merge Join"})
_UNCOUNTED = frozenset({"BitmapAnd", "BitmapOr", "ModifyTable", "Materialize", "Hash", "Memoize", "LockRows", "Limit"})
"""What hands on the rows of others, or counts none of its own."""
_PASSING = frozenset({"Hash", "Materialize", "Memoize"})
_STOPPING = frozenset({"Limit", "Merge Join"})
_TAKING_ALL = frozenset({"Sort", "Aggregate", "Hash", "SetOp"})
"""What takes in everything before it gives anything."""


def off_by(steps: Sequence[PlanStep]) -> list[float]:
    """Of each step how many times more rows a loop gave than planned, negative for fewer, 1 where nothing is known.

    Both numbers count as 1 at least. Too few is not said of what a LIMIT, a merge join, a semi-join or an EXISTS above
    may have stopped; too many is not said of what a merge join went through again.
    """
    inputs: list[list[int]] = [[] for _ in steps]
    for position, step in enumerate(steps):
        if step.parent and not step.node.part:
            inputs[step.parent - 1].append(position)
    judge = _Judge(steps, inputs)
    found = [1.0] * len(steps)
    for position in range(len(steps) - 1, -1, -1):  # what stands below comes first
        step = steps[position]
        if step.node.node_type in _UNCOUNTED:
            below = inputs[position]
            found[position] = found[below[0]] if step.node.node_type in _PASSING and below else 1.0
        else:
            found[position] = judge.off(position)
    return found


class _Judge:
    """Looks at one step and what stands around it."""

    def __init__(self, steps: Sequence[PlanStep], inputs: Sequence[Sequence[int]]) -> None:
        self._steps = steps
        self._inputs = inputs

    def off(self, position: int) -> float:
        run, node = self._steps[position].node.run, self._steps[position].node
        if run is None or not run.loops:
            return 1.0
        expected, actual = max(node.rows, 1.0), max(run.rows, 1.0)
        if actual >= expected:
            return 1.0 if self._is_rescanned(position) else actual / expected
        return 1.0 if self._may_stop(position) else -expected / actual

    def _is_rescanned(self, position: int) -> bool:
        """Whether rows are counted more than once: a merge join goes back on its inner side."""
        parent = self._steps[position].parent - 1
        return (
            parent >= 0
            and self._steps[parent].node.node_type == "Merge Join"
            and self._inputs[parent][-1:] == [position]
        )

    def _may_stop(self, position: int) -> bool:
        """Whether somebody above may have stopped asking before the last row."""
        while (parent := self._steps[position].parent - 1) >= 0:
            below, above = self._steps[position], self._steps[parent]
            node = above.node
            if node.node_type in _STOPPING or below.node.part.startswith(("InitPlan", "SubPlan")):
                return True
            if node.node_type in JOINS and ("semi join" in node.detail or "anti join" in node.detail):
                return True
            if node.node_type == "Nested Loop" and self._inputs[parent][-1:] == [position] and below.loops > 1:
                return True  # a unique inner row is not looked for any further
            if below.node.part.startswith("CTE ") or node.node_type in _TAKING_ALL:
                return False
            position = parent
        return False
