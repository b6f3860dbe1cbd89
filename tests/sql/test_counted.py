import math

import pytest

from pgclinic.model.counters import StatementCounters
from pgclinic.sql.counted import counted
from pgclinic.sql.statements import fingerprint


def _row(text: str, calls: int = 1, mean_ms: float = 1, stddev_ms: float = 0, **fields: object) -> StatementCounters:
    return StatementCounters(
        queryid="1",
        role="app",
        text=text,
        calls=calls,
        total_ms=calls * mean_ms,
        mean_ms=mean_ms,
        stddev_ms=stddev_ms,
        **fields,
    )


def test_roles_and_spellings_of_one_statement_are_one_statement() -> None:
    rows = (_row("select a from t where b = $1", 10, 5, 1), _row("SELECT a FROM t WHERE b = $1", 30, 1, 2))
    (merged,) = counted(rows).statements
    assert merged.fingerprint == fingerprint("select a from t where b = 7")
    assert (merged.calls, merged.total_ms, merged.mean_ms) == (40, 80, 2)
    mean_of_squares = (10 * (1 + 25) + 30 * (4 + 1)) / 40
    assert merged.stddev_ms == pytest.approx(math.sqrt(mean_of_squares - 4))
    assert merged.text == "select a from t where b = $1"


@pytest.mark.parametrize(
    "text",
    [
        "copy t from stdin",
        "vacuum analyze t",
        "create index on t (a)",
        "begin",
        "explain select $1",
        "do $$ begin perform 1; end $$",
        "refresh materialized view v",
        "set work_mem = $1",
    ],
)
def test_the_time_of_utility_statements_does_not_count(text: str) -> None:
    workload = counted((_row(text, mean_ms=10_000), _row("select $1")))
    assert [statement.text for statement in workload.statements] == ["select $1"]
    assert workload.total_ms == 1


def test_statements_inside_functions_are_in_their_callers_time_already() -> None:
    assert counted((_row("select a from t", is_toplevel=False),)).statements == ()


def test_time_whose_text_is_cut_off_is_kept_apart() -> None:
    workload = counted((_row("select a from t where b in ($1, ", mean_ms=30), _row("select $1", mean_ms=10)))
    assert workload.unreadable_ms == 30
    assert workload.total_ms == 40
    assert workload.calls == 1


def test_the_heaviest_comes_first_and_ties_break_by_fingerprint() -> None:
    rows = (_row("select 1"), _row("select a from b"), _row("select c from d", 5))
    forwards, backwards = counted(rows).statements, counted(rows[::-1]).statements
    assert forwards == backwards
    assert forwards[0].text == "select c from d"
