"""Two databases measured in turns."""

from collections.abc import Callable
from itertools import groupby
from typing import Any

import pytest

from pgclinic.grading.proving import compare
from pgclinic.model.errors import UserError
from pgclinic.model.proof import Run
from pgclinic.model.workload import Load
from pgclinic.postgres.measure import measure_both
from pgclinic.verbs.driving import drive
from pgclinic.workload.script import parse_script

pytestmark = pytest.mark.server

_TABLES = """
    create table items (id integer, name text);
    insert into items select n, 'item ' || n from generate_series(1, 5000) n;
    analyze items;
    create sequence turns;
"""
_SCRIPT = parse_script(
    {
        "one.sql": "-- parameters: select id from items order by id\nselect name from items where id = $1;",
        "two.sql": "select count(*) from items;",
    }
)


@pytest.fixture
def pair(database_on: Callable[[int], Any]) -> tuple[Any, Any]:
    both = database_on(18), database_on(18)
    for each in both:
        each.execute(_TABLES)
    both[1].execute("create index on items (id)")
    return both


def _run_both(pair: tuple[Any, Any], script: Any = _SCRIPT, **options: Any) -> tuple[Run, Run]:
    first, second = pair
    rounds = options.pop("rounds", 4)
    load = Load(**({"connections": 2} | options))
    return drive(measure_both(first.conninfo, second.conninfo, script, load, rounds=rounds))


def test_both_run_the_same_work_and_are_compared_by_results_and_pages(pair: tuple[Any, Any]) -> None:
    before, after = _run_both(pair, repeat=50, rounds=4)
    assert [(each.name, each.calls) for each in before.statements] == [("one", 50), ("two", 50)]
    assert [(each.name, each.calls) for each in after.statements] == [("one", 50), ("two", 50)]
    proof = compare(before, after)
    one, two = proof.statements
    assert (one.equal_results, two.equal_results) == (True, True)
    assert one.before.blocks_hit is not None
    assert one.after.blocks_hit is not None
    assert one.after.blocks_hit < one.before.blocks_hit
    assert two.after.blocks_hit == two.before.blocks_hit


def test_slices_alternate_so_that_a_drift_favours_neither(pair: tuple[Any, Any]) -> None:
    script = parse_script({"one.sql": "select 1;"})
    first, second = pair
    verb = measure_both(first.conninfo, second.conninfo, script, Load(repeat=40, connections=1), rounds=4)
    steps = [progress.step for progress in verb if progress.step.startswith("run the workload")]
    # A B, B A, A B, B A: where two slices of a side touch, they are one group.
    assert ["first" in step for step, _ in groupby(steps)] == [True, False, True, False, True]


def test_time_is_shared_between_the_slices_of_each_side(pair: tuple[Any, Any]) -> None:
    before, after = _run_both(pair, seconds=1.0, rounds=2)
    for run in (before, after):
        assert 0.9 < run.seconds < 5
        assert run.overall.calls > 0


def test_a_task_that_fails_on_one_side_is_played_on_neither(pair: tuple[Any, Any]) -> None:
    pair[0].execute("create table extra (a int)")
    script = parse_script({"good.sql": "select 1;", "bad.sql": "select * from extra;"})
    before, after = _run_both(pair, script, repeat=5, leave_out_failing=True)
    assert [each.name for each in before.statements] == [each.name for each in after.statements] == ["good"]
    with pytest.raises(UserError, match="extra"):
        _run_both(pair, script, repeat=5)


def test_fewer_than_one_round_makes_no_sense(pair: tuple[Any, Any]) -> None:
    with pytest.raises(UserError, match="round"):
        _run_both(pair, repeat=1, rounds=0)
