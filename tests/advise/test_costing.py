"""Costs are asked for once, and not at all where a known plan already says them."""

from tests.advise.planners import Answer, Answering

from pgclinic.advise.costing import Costs
from pgclinic.advise.index_sets import NONE, IndexSet, set_of
from pgclinic.model.plan import Question, Refusal
from pgclinic.model.workload import ParameterSet, WorkloadStatement

EVERYTHING = set_of({1, 2, 3})


def answer(question: Question, visible: frozenset[int]) -> Answer:
    """Uses index 1 where it may, for half the cost; refuses whatever holds the word ``refused``."""
    if "hopeless" in question.sql:
        return Refusal("never")
    if question.parameters is not None and "refused" in question.sql:
        return Refusal("no")
    value = 100.0 if question.parameters is None else float(question.parameters.values[0] or 0)
    used = visible & {1}
    return value / 2 if used else value, used


def costs(sql: str = "q", *values: str) -> tuple[Costs, Answering]:
    planner = Answering(answer)
    parameters = tuple(ParameterSet((value,)) for value in values)
    found = Costs(planner, (WorkloadStatement(fingerprint=sql, name=sql, sql=sql, parameters=parameters),))
    found.relevant = [EVERYTHING]
    return found, planner


def test_a_set_between_a_plans_indexes_and_those_it_could_have_used_needs_no_plan() -> None:
    found, planner = costs()
    everything = found.of(0, EVERYTHING)
    assert everything is not None
    assert everything.used == set_of({1})
    assert found.of(0, set_of({1})) == found.of(0, set_of({1, 2})) == everything
    assert planner.plans_made == 1
    assert found.of(0, set_of({2, 3})) != everything
    assert planner.plans_made == 2


def test_what_is_demanded_together_is_asked_together_and_once() -> None:
    found, planner = costs()
    sets: list[IndexSet] = [EVERYTHING, NONE, set_of({2}), EVERYTHING]
    found.demand((0, each) for each in sets)
    assert planner.batches == 1
    asked = planner.plans_made
    found.demand((0, each) for each in sets)
    assert planner.plans_made == asked


def test_indexes_of_other_tables_change_nothing() -> None:
    found, planner = costs()
    assert found.of(0, set_of({1})) == found.of(0, set_of({1, 8, 9}))
    assert planner.plans_made == 1


def test_the_cost_is_the_mean_over_the_parameters_with_its_range() -> None:
    found, _ = costs("q", "10", "20", "60")
    costed = found.of(0, NONE)
    assert costed is not None
    assert (costed.low, costed.cost, costed.high) == (10, 30, 60)


def test_where_values_are_refused_the_generic_plan_counts() -> None:
    found, _ = costs("refused", "10")
    costed = found.of(0, NONE)
    assert costed is not None
    assert costed.cost == 100
    assert found.refusals == {}


def test_a_statement_that_cannot_be_planned_at_all_is_said_and_not_asked_again() -> None:
    found, planner = costs("hopeless", "10")
    assert found.of(0, NONE) is None
    assert found.refusals == {0: "never"}
    asked = planner.plans_made
    assert found.of(0, EVERYTHING) is None
    assert planner.plans_made == asked
