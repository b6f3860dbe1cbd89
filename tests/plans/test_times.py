"""Where the time went: own times add up, and what is run lazily is charged to who asked for it."""

from typing import TYPE_CHECKING, Any

import pytest
from tests.plans import samples
from tests.plans.test_formats import prepared, text_of

from pgclinic.plans.document import walk
from pgclinic.plans.reader import read
from pgclinic.plans.view import PlanView
from pgclinic.report.plan_reading_words import label
from tpch import load

if TYPE_CHECKING:
    import psycopg

    from conftest import Database

PARALLEL = (
    "set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0; set parallel_tuple_cost = 0; "
    "set min_parallel_table_scan_size = 0; set min_parallel_index_scan_size = 0"
)
_ROUNDING_MS = 0.0005
_LATE = 0.01
"""Workers of a part that is shown elsewhere are sometimes waited for a little longer than those who read it were."""


def view_of(text: str) -> PlanView:
    (plan,) = read(text)
    return PlanView(plan)


def demand_that_times_add_up(view: PlanView, sql: str) -> None:
    own = [step.own_ms or 0 for step in view.steps]
    assert min(own) >= 0, sql
    assert view.total_ms is not None
    assert view.outside_ms is not None
    assert view.total_ms == pytest.approx(sum(own) + view.outside_ms)
    # Nothing is counted twice: the nodes' time is the root's, but for rounding and what is run after the last row.
    root = view.steps[0].inclusive_ms or 0
    rounding = _ROUNDING_MS * sum(max(step.loops, 1) for step in view.steps)
    after = sum(
        step.inclusive_ms or 0
        for step in view.steps
        if step.node.part.startswith("CTE ") and step.node.node_type == "ModifyTable"
    )
    assert root - rounding <= sum(own) <= root * (1 + _LATE) + rounding + after, sql


@pytest.mark.server
def test_own_times_add_up(database_on_each: "Database") -> None:
    with prepared(database_on_each) as connection:
        for setting in ("set max_parallel_workers_per_gather = 0", PARALLEL):
            connection.execute(setting)
            for name, sql in {**samples.READING, **samples.PARALLEL, **samples.CHANGING}.items():
                connection.execute("begin")
                text = text_of(connection, "analyze, buffers", sql)
                connection.execute("rollback")
                demand_that_times_add_up(view_of(text), f"{name}:\n{text}")


@pytest.mark.server
def test_own_times_of_tpc_h_add_up(database_on_each: "Database") -> None:
    with database_on_each.connect() as connection:
        queries = load(connection, 0.01)
        for setting in ("set max_parallel_workers_per_gather = 0", PARALLEL):
            connection.execute(setting)
            for query in queries:
                text = text_of(connection, "analyze", query)
                demand_that_times_add_up(view_of(text), text)


def slow(connection: "psycopg.Connection[Any]") -> None:
    """A function that takes a millisecond, so that it is known where the time went."""
    connection.execute(
        "create function slowly(n int) returns int language plpgsql volatile as $$"
        " begin perform pg_sleep(0.02); return n; end $$"
    )


@pytest.mark.server
@pytest.mark.parametrize(
    ("sql", "busy"),
    [
        # The InitPlan is shown at the Sort, and the filter of the scan below asks for it.
        ("select * from customers where id = (select slowly(3)) order by email", "InitPlan 1"),
        ("select id, (select slowly(1) + 0) from customers where id < 5 order by region", "InitPlan 1"),
        ("with w as materialized (select slowly(id) from customers where id < 4) select * from w a, w b", "CTE w"),
        ("select id, (select slowly(c.id)) from customers c where id < 4", "SubPlan 1"),
    ],
)
def test_time_is_charged_to_who_spent_it(database_on_each: "Database", sql: str, busy: str) -> None:
    with prepared(database_on_each) as connection:
        slow(connection)
        view = view_of(text_of(connection, "analyze", sql))
    spent = {label(step.node): step.own_ms or 0 for step in view.steps}
    mine = sum(ms for name, ms in spent.items() if name.startswith(busy))
    assert mine > 15, spent
    assert sum(spent.values()) - mine < mine / 4, spent


@pytest.mark.server
def test_processes_share_the_clock(database_on_each: "Database") -> None:
    with prepared(database_on_each) as connection:
        connection.execute(PARALLEL)
        view = view_of(text_of(connection, "analyze", "select count(*) from orders where total > 500"))
    gather = next(step for step in view.steps if step.node.node_type == "Gather")
    scan = next(step for step in view.steps if step.node.node_type == "Seq Scan")
    run = scan.node.run
    assert run is not None
    assert run.loops > 1
    assert scan.processes == run.loops
    assert (scan.inclusive_ms or 0) <= (gather.inclusive_ms or 0)
    assert scan.rows == pytest.approx(sum(1 for n in range(1, 20001) if n % 991 > 500), abs=run.loops)


@pytest.mark.server
def test_what_was_never_executed_took_no_time(database_on_each: "Database") -> None:
    with prepared(database_on_each) as connection:
        view = view_of(text_of(connection, "analyze, buffers", samples.READING["pruned"]))
        idle = [step for step in view.steps if step.node.relation in {"events_1", "events_3"}]
        assert [(step.loops, step.own_ms) for step in idle] == [(0, 0.0), (0, 0.0)]
        untimed = view_of(text_of(connection, "analyze, timing off", samples.READING["pruned"]))
    assert untimed.outside_ms is None
    assert {step.own_ms for step in untimed.steps} == {None}


@pytest.mark.server
def test_a_write_that_nobody_reads_is_run_after_the_last_row(database_on_each: "Database") -> None:
    with prepared(database_on_each) as connection:
        slow(connection)
        connection.execute("begin")
        sql = (
            "with changed as (update customers set region = slowly(region) where id < 4 returning id) "
            "select count(*) from orders"
        )
        view = view_of(text_of(connection, "analyze", sql))
        connection.execute("rollback")
    assert sum(node.node_type == "ModifyTable" for node in walk(view.explained.root)) == 1
    inside = sum(step.own_ms or 0 for step in view.steps)
    assert inside > 55 + (view.steps[0].inclusive_ms or 0)
    assert (view.total_ms or 0) >= inside
