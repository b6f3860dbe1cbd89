"""The twin's planner says what the server's own planner says."""

from typing import TYPE_CHECKING

import psycopg
import pytest

import tpch
from pgclinic.instance import binaries_for
from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.names import RelationName
from pgclinic.model.plan import Plan, Question, WhatIfIndex
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.sql import quote
from pgclinic.twin.planner import Twin
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server
TOLERANCE = 0.001


def snapshot_of(database: "Database") -> Snapshot:
    with open_session(database.conninfo) as connection:
        return drive(collect(connection))


def real_cost(connection: psycopg.Connection, query: str) -> float:
    ((document,),) = connection.execute(f"explain (format json) {query}").fetchall()
    return float(document[0]["Plan"]["Total Cost"])


def test_tpch_costs_what_it_costs_on_a_server_of_the_same_major(database_on_each: "Database") -> None:
    with database_on_each.connect() as connection:
        queries = tpch.load(connection, scale=0.02)
        snapshot = snapshot_of(database_on_each)
        with Twin(snapshot) as twin:
            assert twin.omissions == ()
            assert str(database_on_each.major) in twin.planned_by
            for query in queries:
                answer = twin.plan(Question(sql=query))
                assert isinstance(answer, Plan), answer
                assert answer.cost == pytest.approx(real_cost(connection, query), rel=TOLERANCE)


def test_a_what_if_index_costs_what_the_built_one_costs(database_on_each: "Database") -> None:
    definition = IndexDefinition(
        RelationName("public", "orders"), (IndexKey("customer"), IndexKey("placed", descending=True, nulls_first=True))
    )
    queries = (
        "select * from orders where customer = 17 order by placed desc limit 10",
        "select count(*) from orders where customer between 5 and 9",
        "select placed from orders where customer = 3 and placed > '2026-03-01'",
    )
    with database_on_each.connect() as connection:
        connection.execute(
            "create table orders as select n as id, n % 5000 as customer, repeat('x', 100) as note,"
            " timestamptz '2026-01-01' + n * interval '1 minute' as placed from generate_series(1, 200000) as n"
        )
        connection.execute("vacuum analyze orders")
        with Twin(snapshot_of(database_on_each)) as twin:
            index = twin.add(definition)
            assert isinstance(index, WhatIfIndex)
            without = [twin.plan(Question(sql=query)) for query in queries]
            planned = [twin.plan(Question(sql=query), visible=frozenset({index.id})) for query in queries]
            again = [twin.plan(Question(sql=query)) for query in queries]
        assert without == again
        connection.execute(quote.create_index(definition, "built"))
        ((real_bytes,),) = connection.execute("select pg_relation_size('built')").fetchall()
        assert index.bytes == pytest.approx(real_bytes, rel=0.15)
        for query, before, after in zip(queries, without, planned, strict=True):
            assert isinstance(before, Plan)
            assert isinstance(after, Plan)
            assert after.indexes == {index.id}
            assert after.cost < before.cost
            assert after.cost == pytest.approx(real_cost(connection, query), rel=0.02)


def test_an_existing_index_can_be_hidden_and_shown_again(database: "Database") -> None:
    database.execute("create table t as select n as a from generate_series(1, 50000) as n")
    database.execute("create index t_a_idx on t (a)")
    database.execute("vacuum analyze t")
    question = Question(sql="select * from t where a = 7")
    with Twin(snapshot_of(database)) as twin:
        shown = twin.plan(question)
        hidden = twin.plan(question, hidden=frozenset({"t_a_idx"}))
        assert isinstance(shown, Plan)
        assert isinstance(hidden, Plan)
        assert shown.existing == {"t_a_idx"}
        assert hidden.existing == frozenset()
        assert twin.plan(question) == shown


def test_a_plan_is_made_as_of_the_snapshots_clock(database: "Database") -> None:
    database.execute(
        "create table events as"
        " select n as id, now() - n * interval '1 minute' as at from generate_series(1, 50000) as n"
    )
    database.execute("create view recent as select * from events where at > now() - interval '1 hour'")
    database.execute("vacuum analyze events")
    snapshot = snapshot_of(database)
    a_year_later = Snapshot(
        **{
            **{name: getattr(snapshot, name) for name in Snapshot.__struct_fields__},
            "header": type(snapshot.header)(
                format_version=snapshot.header.format_version, collector="test", clock="2036-01-01T00:00:00+00:00"
            ),
        }
    )
    for sql in ("select * from events where at > now() - interval '1 hour'", "select * from recent"):
        with Twin(snapshot) as twin, Twin(a_year_later) as later:
            now, then = twin.plan(Question(sql=sql)), later.plan(Question(sql=sql))
        assert isinstance(now, Plan)
        assert isinstance(then, Plan)
        assert now.root.rows == pytest.approx(60, rel=0.5)
        assert then.root.rows < now.root.rows


def test_a_statement_with_parameters_has_a_generic_plan_on_every_major(database_on_every: "Database") -> None:
    database = database_on_every
    database.execute("create table t as select n as a, n % 7 as b from generate_series(1, 20000) as n")
    database.execute("create index on t (a)")
    database.execute("vacuum analyze t")
    with Twin(snapshot_of(database), binaries=database.instance.binaries) as twin:
        answer = twin.plan(Question(sql="select * from t where a = $1 and b = $2"))
    assert isinstance(answer, Plan)
    assert answer.existing == {"t_a_idx"}


def test_the_nearest_major_is_said_when_the_own_is_missing(database_on_each: "Database") -> None:
    other = 18 if database_on_each.major != 18 else 15
    database_on_each.execute("create table t (a int)")
    with Twin(snapshot_of(database_on_each), binaries=binaries_for(other)) as twin:
        assert f"PostgreSQL {other}." in twin.planned_by
        assert f"for a {database_on_each.major}." in twin.planned_by


def test_a_range_near_an_end_that_is_not_known_is_marked(database_on_each: "Database") -> None:
    database_on_each.execute("create schema app")
    database_on_each.execute(
        "create table app.e as select n as id, n as other, date '2026-01-01' + n / 100 as at, 'k' || n % 900 as k"
        " from generate_series(1, 30000) as n"
    )
    database_on_each.execute("create index on app.e (id)")
    database_on_each.execute("vacuum analyze")
    with Twin(snapshot_of(database_on_each)) as twin:
        for where, unknown in (
            ("id > 29990", set()),
            ("other > 29990", {"app.e.other"}),
            ("other < 15000", set()),
            ("other between 15000 and 90000 and at >= '2027-01-01'", {"app.e.other", "app.e.at"}),
            ("at < '2026-01-02'", {"app.e.at"}),
            ("k >= 'k999'", {"app.e.k"}),
            ("id > $1", set()),
        ):
            assert twin.unknown_ends(Question(sql=f"select * from app.e where {where}")) == unknown, where
        assert twin.unknown_ends(Question(sql="not sql")) == set()
