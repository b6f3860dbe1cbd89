"""What would change if these indexes were there and those were not: nothing is built, nothing dropped."""

import msgspec

from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.names import RelationName
from pgclinic.model.plan import Plan
from pgclinic.model.workload import ParameterSet

PRACTICAL = 0.01
"""Costs that differ by less are the same: PostgreSQL's planner itself does not tell them apart (STD_FUZZ_FACTOR)."""


class TriedIndex(msgspec.Struct, frozen=True, kw_only=True):
    """An index that was tried.

    ``name`` is the one asked for, or one like PostgreSQL's own choice; plans call the index by it.
    ``bytes`` and ``build_seconds`` are estimated. ``uses`` counts the statements whose plan uses it; where none does,
    ``unused_because`` says why. ``exists_as`` names the index that already serves all that this one could.
    """

    name: str
    definition: IndexDefinition
    bytes: int
    build_seconds: float | None = None
    uses: int = 0
    unused_because: str = ""
    exists_as: str = ""


class HiddenIndex(msgspec.Struct, frozen=True, kw_only=True):
    """An existing index that plans were made without. ``enforces`` names the constraint that needs it, if any."""

    name: RelationName
    table: RelationName
    definition: IndexDefinition
    bytes: int | None = None
    enforces: str = ""


class PlanPair(msgspec.Struct, frozen=True, kw_only=True):
    """One question planned before and after. ``parameters`` is None for a generic plan, or one without any ``$n``."""

    parameters: ParameterSet | None
    before: Plan
    after: Plan


class StatementEffect(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one statement.

    ``pairs`` has one pair for each set of values, or the only one there is; never empty. ``generic`` is the plan for
    any values, where ``pairs`` are for given ones. ``calls`` is the statement's weight in the workload.
    """

    fingerprint: str
    name: str
    sql: str
    calls: float
    pairs: tuple[PlanPair, ...]
    generic: PlanPair | None = None

    @property
    def cost_before(self) -> float:
        """The mean over the sets of values."""
        return sum(pair.before.cost for pair in self.pairs) / len(self.pairs)

    @property
    def cost_after(self) -> float:
        """The mean over the sets of values."""
        return sum(pair.after.cost for pair in self.pairs) / len(self.pairs)

    @property
    def change(self) -> int:
        """-1 when it gets cheaper, 1 when it gets dearer, 0 when the planner could not tell."""
        before, after = self.cost_before, self.cost_after
        if abs(after - before) <= PRACTICAL * before:
            return 0
        return -1 if after < before else 1

    @property
    def telling(self) -> PlanPair:
        """The pair whose cost changes most, the one to show."""
        return max(self.pairs, key=lambda pair: abs(pair.before.cost - pair.after.cost))


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. ``queries`` are the statements that were asked about; empty when only the workload was.

    ``effects`` are all of the workload's statements on the tables concerned, the greatest change first: ``calls``
    times the difference in cost. ``others`` counts the workload's other statements, which cannot change.
    ``notes`` are sentences about what was planned otherwise than asked.
    """

    database: str
    clock: str
    planned_by: str
    indexes: tuple[TriedIndex, ...]
    hidden: tuple[HiddenIndex, ...]
    queries: tuple[StatementEffect, ...]
    effects: tuple[StatementEffect, ...]
    others: int
    source: str
    omitted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    plans: int = 0
    contract_version: str = "1"
