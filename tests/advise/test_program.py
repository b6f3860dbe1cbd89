"""The mixed-integer program, against every possible choice."""

from itertools import chain, combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from pgclinic.advise.index_sets import NONE, ids_of, set_of
from pgclinic.advise.program import AtMost, Choice, Rules, solve

INDEXES = range(1, 6)
ALL = set_of(INDEXES)
_sets = st.frozensets(st.sampled_from(INDEXES), max_size=3).map(set_of)
_choices = st.lists(st.builds(Choice, _sets, st.integers(0, 100).map(float), _sets), max_size=5).map(
    lambda choices: [Choice(NONE, 100.0), *(each for each in choices if not each.needs & each.absent)]
)
_statements = st.lists(_choices, min_size=1, max_size=4)
_figures = st.fixed_dictionaries({index: st.integers(0, 20) for index in INDEXES})


def best_of_all(statements: list[list[Choice]], rules: Rules) -> float:
    sets = chain.from_iterable(combinations(INDEXES, count) for count in range(len(INDEXES) + 1))
    return min(
        sum(rules.burden[index] for index in ids_of(built))
        + sum(
            min(each.value for each in choices if not each.needs & ~built and not each.absent & built)
            for choices in statements
        )
        for built in map(set_of, sets)
        if (rules.budget_bytes is None or sum(rules.sizes[index] for index in ids_of(built)) <= rules.budget_bytes)
        and not built & ~rules.allowed
        and all((built & limit.indexes).bit_count() <= limit.count for limit in rules.at_most)
    )


@settings(deadline=None, max_examples=60)
@given(_statements, _figures, _figures, st.none() | st.integers(0, 40), _sets, _sets, st.integers(0, 3), _sets)
def test_the_answer_is_the_best_of_all(
    statements: list[list[Choice]],
    burden: dict[int, int],
    pages: dict[int, int],
    room: int | None,
    forbidden: int,
    limited: int,
    count: int,
    start: int,
) -> None:
    rules = Rules(
        burden=burden,
        sizes={index: size * 8192 for index, size in pages.items()},
        allowed=ALL & ~forbidden,
        budget_bytes=None if room is None else room * 8192,
        at_most=(AtMost(limited, count),),
    )
    solution = solve(statements, rules, constant=3.0, start=start)
    best = best_of_all(statements, rules) + 3.0
    assert abs(solution.value - best) <= 1e-3 * max(1, best)
    assert solution.bound <= best + 1e-3 * max(1, best)
    assert not solution.chosen & ~rules.allowed
    assert (
        rules.budget_bytes is None or sum(rules.sizes[each] for each in ids_of(solution.chosen)) <= rules.budget_bytes
    )


def rules(size: int = 8192, burden: float = 1.0) -> Rules:
    return Rules(burden=dict.fromkeys(INDEXES, burden), sizes=dict.fromkeys(INDEXES, size), allowed=ALL)


def test_a_workload_without_indexes_is_an_answer_too() -> None:
    solution = solve([[Choice(NONE, 7.0)]], rules())
    assert (solution.chosen, solution.value, solution.bound, solution.gap) == (NONE, 7.0, 7.0, 0.0)


def test_the_same_program_has_the_same_answer() -> None:
    choices = [Choice(NONE, 9.0), Choice(set_of({1}), 3.0), Choice(set_of({2}), 3.0)]
    assert len({solve([choices] * 3, rules()).chosen for _ in range(5)}) == 1
