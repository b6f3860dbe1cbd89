"""The protocol by which the search asks a planner, so that it can be tested against a table of costs."""

from collections.abc import Sequence
from typing import Protocol

from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.plan import Asked, Plan, Question, Refusal, WhatIfIndex


class Planner(Protocol):
    """What would PostgreSQL do? The one door between searching for a cure and costing it.

    The snapshot's own indexes are always visible unless hidden; what-if indexes only when named in ``visible``.
    Answers are deterministic: the same question under the same indexes costs the same.
    """

    @property
    def planned_by(self) -> str:
        """Which planner answers, for reports: ``PostgreSQL 15.20 for a 15.20 server``."""
        ...

    @property
    def plans_made(self) -> int:
        """How many plans were made so far: the measure by which searches are bounded."""
        ...

    def add_all(self, definitions: Sequence[IndexDefinition]) -> tuple[WhatIfIndex | Refusal, ...]:
        """Make indexes that plans may use; an answer for each, in order."""
        ...

    def plan_all(self, asked: Sequence[Asked]) -> tuple[Plan | Refusal, ...]:
        """Plan many questions, on every core where the planner can; an answer for each, in order.

        The answers are those that ``plan`` would give one by one.
        """
        ...

    def add(self, definition: IndexDefinition) -> WhatIfIndex | Refusal:
        """Make an index that plans may use, or say why it cannot be."""
        ...

    def plan(
        self, question: Question, *, visible: frozenset[int] = frozenset(), hidden: frozenset[str] = frozenset()
    ) -> Plan | Refusal:
        """Plan a statement with the what-if indexes ``visible`` and without the existing ones named ``hidden``."""
        ...
