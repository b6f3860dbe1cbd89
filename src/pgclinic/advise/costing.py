"""What a workload costs under a set of indexes, asked of a planner no more often than needed."""

from collections.abc import Iterable, Sequence

import msgspec

from pgclinic.advise.index_sets import NONE, IndexSet, ids_of, set_of
from pgclinic.advise.planner import Planner
from pgclinic.advise.questions import custom_questions, generic_question
from pgclinic.model.plan import Asked, Plan, Question, Refusal
from pgclinic.model.workload import WorkloadStatement


class Costed(msgspec.Struct, frozen=True):
    """A statement's cost under some indexes: the mean over its parameter sets, and which indexes its plans used.

    ``used`` are what-if indexes, ``existing`` the names of the user's own.
    """

    cost: float
    low: float
    high: float
    used: IndexSet
    existing: frozenset[str]


class Costs:
    """Costs of statements under sets of what-if indexes, each asked for once and many at a time.

    ``relevant`` says for each statement, by its position, which what-if indexes it could use at all. A plan made with
    the indexes V visible that used only U of them is also the plan for every set between U and V (the index benefit
    graph's property: Schnaitter, Polyzotis, Getoor, VLDB 2009), so most sets need no plan of their own.
    """

    def __init__(self, planner: Planner, statements: tuple[WorkloadStatement, ...]) -> None:
        self.planner = planner
        self.statements = statements
        self.relevant: list[IndexSet] = [NONE] * len(statements)
        self.refusals: dict[int, str] = {}
        self._questions = [custom_questions(each) or (generic_question(each),) for each in statements]
        self._known: list[dict[IndexSet, Costed | None]] = [{} for _ in statements]
        self._planned: list[list[tuple[IndexSet, Costed]]] = [[] for _ in statements]
        self._cheapest: list[dict[IndexSet, Costed]] = [{} for _ in statements]

    def of(self, position: int, indexes: IndexSet) -> Costed | None:
        """The cost of the statement at ``position``; None when the planner refuses every form of it."""
        wanted = indexes & self.relevant[position]
        if not self._is_known(position, wanted):
            self.demand([(position, wanted)])
        return self._known[position][wanted]

    def demand(self, wanted: Iterable[tuple[int, IndexSet]]) -> None:
        """Have all these costs known, the missing ones planned in one batch."""
        missing = {(position, indexes & self.relevant[position]): None for position, indexes in wanted}
        asked = [each for each in missing if not self._is_known(*each)]
        refused = self._ask(asked)
        # A custom plan that the planner refuses (a value of the wrong type, say) leaves the generic one.
        again = [each for each in refused if self._questions[each[0]][0].parameters is not None]
        for position in {position for position, _ in again}:
            self._questions[position] = (generic_question(self.statements[position]),)
        self._ask(again)

    def cheapest(self, position: int) -> tuple[Costed, ...]:
        """Every different plan so far of one statement: the cheapest for each set of indexes used."""
        return tuple(self._cheapest[position].values())

    def count(self) -> int:
        """How many different plans are known."""
        return sum(len(plans) for plans in self._planned)

    def questions(self, position: int) -> Sequence[Question]:
        """The forms in which a statement is planned: with each of its parameter sets, or generic."""
        return self._questions[position]

    def _is_known(self, position: int, wanted: IndexSet) -> bool:
        known = self._known[position]
        if wanted in known:
            return True
        if position in self.refusals:
            known[wanted] = None
            return True
        for visible, costed in self._planned[position]:
            if not costed.used & ~wanted and not wanted & ~visible:
                known[wanted] = costed
                return True
        return False

    def _ask(self, wanted: list[tuple[int, IndexSet]]) -> list[tuple[int, IndexSet]]:
        """Plan; returns what was refused."""
        if not wanted:
            return []
        asked = [
            Asked(question, frozenset(ids_of(visible)))
            for position, visible in wanted
            for question in self._questions[position]
        ]
        answers = iter(self.planner.plan_all(asked))
        refused = []
        for position, visible in wanted:
            plans = [next(answers) for _ in self._questions[position]]
            refusal = next((plan.reason for plan in plans if isinstance(plan, Refusal)), None)
            if refusal is None:
                self._note(position, visible, _costed([plan for plan in plans if isinstance(plan, Plan)]))
                self.refusals.pop(position, None)
            else:
                self._known[position][visible] = None
                refused.append((position, visible))
                if visible == NONE:
                    self.refusals[position] = refusal
        return refused

    def _note(self, position: int, visible: IndexSet, costed: Costed) -> None:
        self._known[position][visible] = costed
        self._planned[position].append((visible, costed))
        best = self._cheapest[position].get(costed.used)
        if best is None or costed.cost < best.cost:
            self._cheapest[position][costed.used] = costed


def _costed(plans: list[Plan]) -> Costed:
    costs = [plan.cost for plan in plans]
    return Costed(
        cost=sum(costs) / len(costs),
        low=min(costs),
        high=max(costs),
        used=set_of(number for plan in plans for number in plan.indexes),
        existing=frozenset().union(*(plan.existing for plan in plans)),
    )
