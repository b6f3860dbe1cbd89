"""Planners that answer by a formula or from a table instead of a database, and count what they are asked."""

from collections.abc import Callable, Mapping, Sequence

from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.names import RelationName
from pgclinic.model.plan import Asked, Plan, PlanNode, Question, Refusal, WhatIfIndex

Answer = tuple[float, frozenset[int]] | Refusal
Table = Mapping[str, Mapping[frozenset[int], float]]


class Answering:
    """Asks a function for the cost of a question under the visible indexes, and which of them are used."""

    planned_by = "a test"

    def __init__(self, answer: Callable[[Question, frozenset[int]], Answer]) -> None:
        self.answer = answer
        self.plans_made = 0
        self.batches = 0

    def add(self, definition: IndexDefinition) -> WhatIfIndex | Refusal:
        raise NotImplementedError

    def add_all(self, definitions: Sequence[IndexDefinition]) -> tuple[WhatIfIndex | Refusal, ...]:
        raise NotImplementedError

    def plan_all(self, asked: Sequence[Asked]) -> tuple[Plan | Refusal, ...]:
        self.batches += 1
        return tuple(self.plan(each.question, visible=each.visible, hidden=each.hidden) for each in asked)

    def plan(
        self, question: Question, *, visible: frozenset[int] = frozenset(), hidden: frozenset[str] = frozenset()
    ) -> Plan | Refusal:
        assert not hidden
        self.plans_made += 1
        answer = self.answer(question, visible)
        if isinstance(answer, Refusal):
            return answer
        cost, used = answer
        return Plan(cost=cost, root=PlanNode(node_type="Result", total_cost=cost), indexes=used)


def tabled(table: Table) -> Answering:
    """Answers with the cheapest entry of a statement whose indexes are all visible."""

    def answer(question: Question, visible: frozenset[int]) -> Answer:
        usable = {used: cost for used, cost in table[question.sql].items() if used <= visible}
        used, cost = min(usable.items(), key=lambda item: (item[1], sorted(item[0])))
        return cost, used

    return Answering(answer)


def index(number: int, size: int = 1_000, columns: str = "a", include: str = "") -> WhatIfIndex:
    """A what-if index on table ``t``; one letter a column."""
    keys = tuple(IndexKey(column) for column in columns)
    definition = IndexDefinition(RelationName("public", "t"), keys, include=tuple(include))
    return WhatIfIndex(id=number, definition=definition, bytes=size)
