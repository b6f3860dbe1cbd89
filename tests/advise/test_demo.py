"""The index adviser on the demo: what it finds, from catalogs and workload alone."""

from functools import partial
from typing import TYPE_CHECKING

import psycopg
import pytest

import renaming
from pgclinic.demo.data.world import World
from pgclinic.demo.loading import load
from pgclinic.demo.workload_script import demo_script
from pgclinic.model.plan import Plan, Question
from pgclinic.model.prescription import Course
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import Load
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.shape import shape_of
from pgclinic.sql.tree import parse_one, written
from pgclinic.twin.planner import Twin
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import prescribe
from pgclinic.verbs.prove import prove
from pgclinic.workload.from_statements import workload_of

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server


def neglected(database: "Database", calls: int = 8000) -> Snapshot:
    """The demo's database, its workload run, as one visit sees it."""
    connect = partial(open_session, database.conninfo, read_only=False, statement_timeout_ms=0, lock_timeout_ms=0)
    with database.connect() as connection:
        connection.execute("create extension pg_stat_statements")
        ((now,),) = connection.execute("select now()").fetchall()
    drive(load(connect, World(calls, 1, now)))
    drive(prove(database.conninfo, demo_script(), Load(repeat=2, connections=2, include_writes=True)))
    with open_session(database.conninfo) as connection:
        return drive(collect(connection))


def indexed(course: Course) -> list[str]:
    """What is done to indexes: settings are the server's, which other tests share."""
    items = (item for item in course.prescriptions if item.kind in {"create_index", "drop_index"})
    return [statement.sql for item in items for statement in item.do]


def test_renaming_every_table_and_column_gives_the_same_prescriptions(database: "Database") -> None:
    snapshot = neglected(database)
    other, names = renaming.renamed(snapshot)
    assert not {relation.name for relation in snapshot.relations} & {relation.name for relation in other.relations}
    course, renamed_course = (drive(prescribe(each)) for each in (snapshot, other))
    assert len(course.prescriptions) >= 3
    assert [
        (item.size_bytes, [(gain.cost_before, gain.cost_after) for gain in item.gains]) for item in course.prescriptions
    ] == [
        (item.size_bytes, [(gain.cost_before, gain.cost_after) for gain in item.gains])
        for item in renamed_course.prescriptions
    ]
    translated = [renaming._in_sql(sql, names) for sql in indexed(course)]
    assert [sql.partition(" on ")[2] for sql in translated] == [
        sql.partition(" on ")[2] for sql in indexed(renamed_course)
    ]


def test_the_same_snapshot_gives_the_same_course_and_a_treated_database_gets_nothing_new(database: "Database") -> None:
    snapshot = neglected(database)
    course = drive(prescribe(snapshot))
    assert drive(prescribe(snapshot)) == course
    assert course.workload.cost_after < course.workload.cost_before
    with database.connect() as connection:
        for sql in indexed(course):
            connection.execute(sql)
        connection.execute("analyze")
    with open_session(database.conninfo) as connection:
        treated = drive(collect(connection))
    proposed = set(indexed(drive(prescribe(treated)))) & set(indexed(course))
    assert proposed == set()


def test_the_budget_is_kept(database: "Database") -> None:
    snapshot = neglected(database)
    everything = drive(prescribe(snapshot))
    budget = sum(item.size_bytes for item in everything.prescriptions) // 3
    course = drive(prescribe(snapshot, budgets=(budget,)))
    assert course.prescriptions
    assert sum(item.size_bytes for item in course.prescriptions) <= budget
    assert course.workload.cost_before > course.workload.cost_after
    # Without a budget an index has to pay for its room, so that course is no bound for this one.
    smaller, larger = drive(prescribe(snapshot, budgets=(budget, 10 * budget))).workload.frontier
    assert 1 > smaller.cost >= larger.cost
    assert smaller.size_bytes <= budget


@pytest.mark.parametrize("state", ["neglected", "treated"])
def test_the_demos_workload_costs_on_the_twin_what_it_costs_on_the_server(
    database_on_each: "Database", state: str
) -> None:
    """Just after ANALYZE, with the server's own major version, every statement's generic plan; roles as they ran.

    What a GIN index that exists really holds stands in its metapage, which only a superuser can read: estimated.
    """
    tolerance = 0.001 if state == "neglected" else 0.02
    database = database_on_each
    snapshot = neglected(database)
    if state == "treated":
        for sql in indexed(drive(prescribe(snapshot))):
            database.execute(sql)
    database.execute("vacuum analyze")
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    statements = workload_of(snapshot).statements
    compared = 0
    with Twin(snapshot) as twin, database.connect(prepare_threshold=None) as connection:
        assert twin.omissions == ()
        for statement in statements:
            shape = shape_of(statement.sql, resolver_of(snapshot, statement.role))
            if not shape.uses and not shape.changes:
                continue
            answer = twin.plan(Question(sql=statement.sql, role=statement.role))
            real = generic_cost(connection, statement.sql, statement.role)
            assert isinstance(answer, Plan), (statement.sql, answer)
            assert answer.cost == pytest.approx(real, rel=tolerance), statement.sql
            compared += 1
    assert compared >= 25


def generic_cost(connection: psycopg.Connection, sql: str, role: str) -> float:
    """The server's own cost of a statement's generic plan."""
    highest = max((number for number in range(1, 100) if f"${number}" in sql), default=0)
    arguments = f"({', '.join(['null'] * highest)})" if highest else ""
    connection.execute(f"set role {psycopg.sql.Identifier(role).as_string()}")
    connection.execute("set plan_cache_mode = force_generic_plan")
    # pg_stat_statements shows ``interval $1``, which only the parser of the twin reads.
    connection.execute(f"prepare question as {written(parse_one(sql))}")
    row = connection.execute(f"explain (format json) execute question{arguments}").fetchone()
    connection.execute("reset role")
    connection.execute("deallocate all")
    assert row is not None
    return float(row[0][0]["Plan"]["Total Cost"])
