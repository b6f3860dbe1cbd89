"""The search, against tables of costs instead of a database."""

from collections.abc import Iterable, Mapping
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.advise.planners import Table, index, tabled

from pgclinic.advise.costing import Costs
from pgclinic.advise.index_sets import ids_of, set_of
from pgclinic.advise.program import AtMost
from pgclinic.advise.search import Effort, Objective, Point, Search
from pgclinic.model.plan import WhatIfIndex
from pgclinic.model.workload import WorkloadStatement

NONE: frozenset[int] = frozenset()


def only(*numbers: int) -> frozenset[int]:
    return frozenset(numbers)


def search_of(
    table: Table,
    indexes: Iterable[WhatIfIndex],
    *,
    writes: Mapping[int, float] | None = None,
    per_index: float = 0.0,
    per_byte: float = 0.0,
    slow: Mapping[int, float] | None = None,
    at_most: tuple[AtMost, ...] = (),
    effort: Effort | None = None,
) -> Search:
    by_id = {each.id: each for each in indexes}
    statements = tuple(WorkloadStatement(fingerprint=sql, name=sql, sql=sql, total_ms=100) for sql in table)
    costs = Costs(tabled(table), statements)
    costs.relevant = [set_of(by_id)] * len(statements)
    objective = Objective(
        shares=(1 / len(statements),) * len(statements),
        constant=0.0,
        writes=writes or {},
        per_index=per_index,
        per_byte=per_byte,
        slow=slow or {},
        times_faster=5,
    )
    return Search(costs, objective, by_id, at_most=at_most, effort=effort)


def best(search: Search, budget: int | None = None) -> Point:
    (point,) = (event for event in search.frontier((budget,)) if isinstance(event, Point))
    return point


def test_an_index_that_a_better_one_makes_needless_is_left_out() -> None:
    table = {"q": {NONE: 100, only(1): 20, only(2): 19}, "r": {NONE: 100, only(2): 10}}
    assert ids_of(best(search_of(table, (index(1), index(2)))).chosen) == (2,)


def test_two_indexes_that_only_help_together_are_found() -> None:
    table = {"q": {NONE: 100, only(1, 2): 5}}
    assert ids_of(best(search_of(table, (index(1), index(2)))).chosen) == (1, 2)


def test_an_index_has_to_earn_its_price() -> None:
    table = {"q": {NONE: 100, only(1): 99}}
    assert ids_of(best(search_of(table, (index(1),), per_index=0.005)).chosen) == (1,)
    assert ids_of(best(search_of(table, (index(1),), per_index=0.02)).chosen) == ()
    assert ids_of(best(search_of(table, (index(1),), per_byte=0.02 / 1000)).chosen) == ()
    assert ids_of(best(search_of(table, (index(1),), per_byte=0.02 / 1000), budget=2_000).chosen) == (1,)


def test_what_is_slow_in_itself_gets_the_cheapest_index_that_makes_it_several_times_cheaper() -> None:
    table = {"q": {NONE: 100, only(1): 30, only(2): 15, only(3): 1}}
    indexes = (index(1, 1_000), index(2, 10_000), index(3, 20_000))
    dear = {"per_index": 2.0, "per_byte": 1e-4}
    assert ids_of(best(search_of(table, indexes, **dear)).chosen) == ()  # type: ignore[arg-type]
    point = best(search_of(table, indexes, slow={0: 4.0}, **dear))  # type: ignore[arg-type]
    assert ids_of(point.chosen) == (2,)
    assert point.value - point.price == pytest.approx(0.15)
    assert point.bound == point.value
    left = best(search_of(table, indexes, slow={0: 4.0}, writes={2: 2.0, 3: 2.0}, **dear))  # type: ignore[arg-type]
    assert ids_of(left.chosen) == ()
    assert left.value - left.price == pytest.approx(1)


def test_an_index_that_costs_the_writes_more_than_it_saves_is_not_chosen() -> None:
    table = {"q": {NONE: 100, only(1): 50}}
    assert ids_of(best(search_of(table, (index(1),), writes={1: 0.4})).chosen) == (1,)
    assert ids_of(best(search_of(table, (index(1),), writes={1: 0.6})).chosen) == ()


def test_a_budget_buys_the_best_gain_for_its_size() -> None:
    table = {"q": {NONE: 100, only(1): 10}, "r": {NONE: 100, only(2): 40}, "s": {NONE: 100, only(3): 40}}
    indexes = (index(1, 50_000), index(2, 10_000), index(3, 10_000))
    assert ids_of(best(search_of(table, indexes), budget=20_000).chosen) == (2, 3)


def test_no_more_indexes_than_a_table_may_have() -> None:
    table = {f"q{number}": {NONE: 100, only(number): 10 * number} for number in range(1, 5)}
    indexes = tuple(index(number) for number in range(1, 5))
    point = best(search_of(table, indexes, at_most=(AtMost(set_of(range(1, 5)), 2),)))
    assert ids_of(point.chosen) == (1, 2)


def test_a_larger_budget_is_never_worse() -> None:
    table = {f"q{number}": {NONE: 100, only(number): 5 * number, only(7): 60} for number in range(1, 7)}
    search = search_of(table, tuple(index(number, 10_000 * number) for number in range(1, 8)))
    points = [event for event in search.frontier((90_000, 20_000, 50_000, None)) if isinstance(event, Point)]
    assert [point.budget_bytes for point in points] == [20_000, 50_000, 90_000, None]
    values = [point.value for point in points]
    assert values == sorted(values, reverse=True)


def test_no_question_is_asked_twice() -> None:
    search = search_of({"q": {NONE: 100, only(1): 50}}, (index(1),))
    best(search)
    asked = search.costs.planner.plans_made
    best(search)
    assert search.costs.planner.plans_made == asked == 2


def test_the_effort_ends_the_search_with_an_answer_and_an_honest_bound() -> None:
    table = {f"q{number}": {NONE: 100, only(number): 1} for number in range(1, 9)}
    indexes = tuple(index(number) for number in range(1, 9))
    spent = best(search_of(table, indexes, effort=Effort(most_plans=0)))
    assert spent.bound <= spent.value
    assert spent.bound <= 0.01
    full = best(search_of(table, indexes))
    assert full.bound == full.value


INDEXES = range(1, 6)
_sets = st.frozensets(st.sampled_from(INDEXES), min_size=1, max_size=3)
_entries = st.dictionaries(_sets, st.integers(1, 99).map(float), max_size=6)
_tables = st.lists(_entries, min_size=1, max_size=4).map(
    lambda rows: {f"q{number}": {NONE: 100.0, **row} for number, row in enumerate(rows)}
)


@settings(deadline=None, max_examples=60)
@given(
    _tables,
    st.lists(st.integers(1, 20), min_size=5, max_size=5),
    st.none() | st.integers(0, 40),
    st.sampled_from((0.0, 0.25)),
)
def test_the_answer_is_the_best_of_all_and_the_bound_below_it(
    table: Table, pages: list[int], room: int | None, hardship: float
) -> None:
    indexes = {number: index(number, 8192 * pages[number - 1]) for number in INDEXES}
    budget = None if room is None else room * 8192
    search = search_of(table, indexes.values(), slow={0: hardship})
    point = best(search, budget)

    def value(number: int, cost: float) -> float:
        return cost / len(table) / 100 + (hardship if number == 0 and cost > 20 else 0.0)

    sets = chain.from_iterable(combinations(INDEXES, count) for count in range(len(INDEXES) + 1))
    optimum = min(
        sum(
            value(number, min(cost for used, cost in row.items() if used <= set(built)))
            for number, row in enumerate(table.values())
        )
        for built in sets
        if budget is None or sum(indexes[number].bytes for number in built) <= budget
    )
    assert point.bound <= optimum + 1e-9
    assert optimum <= point.value + 1e-9
    assert point.value <= optimum * (1 + 2e-3) + 1e-9
