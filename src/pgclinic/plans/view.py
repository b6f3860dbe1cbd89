"""What a reading sees: one plan whose nodes are numbered and whose time is shared out."""

from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec

from pgclinic.model.names import RelationName
from pgclinic.model.plan import Buffers, Explained, NodeRun
from pgclinic.model.plan_reading import PlanStep
from pgclinic.plans.estimates import off_by
from pgclinic.plans.times import askers_of, timed

SCANS = frozenset({"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Sample Scan", "Tid Scan"})
"""Types of nodes that read a table themselves."""
INDEX_SCANS = frozenset({"Index Scan", "Index Only Scan", "Bitmap Heap Scan"})


class PlanView:
    """Read-only."""

    def __init__(self, explained: Explained) -> None:
        self.explained = explained
        found = timed(explained)
        self.steps = tuple(
            msgspec.structs.replace(step, off=off) for step, off in zip(found.steps, off_by(found.steps), strict=True)
        )
        self.total_ms = found.total_ms
        self.outside_ms = found.outside_ms

    @property
    def is_run(self) -> bool:
        """Whether it was executed (ANALYZE), so that there are rows to compare."""
        return self.explained.root.run is not None

    @cached_property
    def _children(self) -> Mapping[int, tuple[PlanStep, ...]]:
        found: dict[int, list[PlanStep]] = {}
        for step in self.steps:
            found.setdefault(step.parent, []).append(step)
        return {number: tuple(steps) for number, steps in found.items()}

    def children_of(self, step: PlanStep) -> tuple[PlanStep, ...]:
        """The nodes right below, sub-plans among them."""
        return self._children.get(step.number, ())

    def inputs_of(self, step: PlanStep) -> tuple[PlanStep, ...]:
        """The nodes right below whose rows it takes, sub-plans left out."""
        return tuple(child for child in self.children_of(step) if not child.node.part)

    def parent_of(self, step: PlanStep) -> PlanStep | None:
        """The node right above."""
        return self.steps[step.parent - 1] if step.parent else None

    def above(self, step: PlanStep) -> Iterator[PlanStep]:
        """Every node above, the nearest first."""
        while step.parent:
            step = self.steps[step.parent - 1]
            yield step

    def below(self, step: PlanStep) -> Iterator[PlanStep]:
        """Every node below, in order of their numbers."""
        for each in self.steps[step.number :]:
            if each.depth <= step.depth:
                return
            yield each

    def run(self, *types: str) -> Iterator[tuple[PlanStep, NodeRun]]:
        """The executed nodes of these types, or of all, with what was measured."""
        for step in self.steps:
            run = step.node.run
            if run is not None and run.loops and (not types or step.node.node_type in types):
                yield step, run

    def own_share(self, *steps: PlanStep) -> float | None:
        """The part of all time that the steps took themselves; None where nothing was timed."""
        return self._share(sum(step.own_ms or 0.0 for step in steps))

    def whole_share(self, step: PlanStep) -> float | None:
        """The part of all time that the step took with everything below it."""
        return self._share(step.inclusive_ms or 0.0)

    def ms_share(self, ms: float) -> float | None:
        """The part of all time that so many milliseconds are."""
        return self._share(ms)

    def _share(self, ms: float) -> float | None:
        return None if not self.total_ms or self.outside_ms is None else min(1.0, ms / self.total_ms)

    @cached_property
    def _borrowed(self) -> Mapping[int, tuple[PlanStep, ...]]:
        """Of each step the InitPlans and CTEs that it may have been the one to run, wherever EXPLAIN shows them."""
        found: dict[int, list[PlanStep]] = {}
        for lazy, askers in askers_of(self.steps):
            for asker in askers:
                if asker.number != lazy.parent:
                    found.setdefault(asker.number, []).append(lazy)
        return {number: tuple(steps) for number, steps in found.items()}

    def own_buffers(self, step: PlanStep) -> Buffers:
        """The blocks that the step touched itself; too few rather than too many."""
        own = step.node.run.buffers if step.node.run else None
        others = (*self.children_of(step), *self._borrowed.get(step.number, ()))
        inside = [each.node.run.buffers for each in others if each.node.run]
        names = Buffers.__struct_fields__
        return Buffers(
            **{
                name: max(0, getattr(own or Buffers(), name) - sum(getattr(each, name) for each in inside if each))
                for name in names
            }
        )

    def table_of(self, step: PlanStep) -> str:
        """The table for people, with its schema where EXPLAIN told one."""
        node = step.node
        return str(RelationName(node.schema or "public", node.relation))


def is_notable(share: float | None, least: float) -> bool:
    """Whether a share of time is large enough; what was not timed passes, or it would never be spoken of."""
    return share is None or share >= least
