"""What-if indexes on partitioned and very long tables, and a twin that goes on after its sessions died."""

from typing import TYPE_CHECKING

import msgspec
import psycopg
import pytest

from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.names import RelationName
from pgclinic.model.plan import Plan, Question, Refusal, WhatIfIndex
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.twin import guard
from pgclinic.twin.planner import Twin
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server


def snapshot_of(database: "Database") -> Snapshot:
    with open_session(database.conninfo) as connection:
        return drive(collect(connection))


def on(table: str, *columns: str) -> IndexDefinition:
    return IndexDefinition(RelationName("public", table), tuple(IndexKey(column) for column in columns))


def test_the_indexes_of_partitions_are_the_what_if_indexs_own(database_on_each: "Database") -> None:
    database_on_each.execute("create table e (a int, b int) partition by range (a)")
    database_on_each.execute("create table e1 partition of e for values from (0) to (30000)")
    database_on_each.execute("create table e2 partition of e for values from (30000) to (60000) partition by list (a)")
    database_on_each.execute("create table e2d partition of e2 default")
    database_on_each.execute("insert into e select n, n % 500 from generate_series(0, 59999) as n")
    database_on_each.execute("create index e1_own on e1 (b)")
    database_on_each.execute("vacuum analyze e")
    question = Question(sql="select * from e where b = 7")
    with Twin(snapshot_of(database_on_each)) as twin:
        before = twin.plan(question)
        index = twin.add(on("e", "b"))
        assert isinstance(index, WhatIfIndex)
        assert twin.plan(question) == before
        with_index = twin.plan(question, visible=frozenset({index.id}))
        assert isinstance(before, Plan)
        assert isinstance(with_index, Plan)
        assert before.existing == {"e1_own"}
        assert before.indexes == frozenset()
        assert with_index.existing == {"e1_own"}
        assert with_index.indexes == {index.id}
        assert with_index.cost < before.cost / 2


def test_a_table_of_many_segments_is_planned_before_and_after_an_index_is_made(database_on_each: "Database") -> None:
    database_on_each.execute("create table t as select n as a, n % 1000 as b from generate_series(1, 50000) as n")
    database_on_each.execute("vacuum analyze t")
    snapshot = snapshot_of(database_on_each)
    (table,) = snapshot.relations
    assert table.heap_bytes is not None
    longer = {"pages": table.pages * 3000, "heap_bytes": table.heap_bytes * 3000, "tuples": table.tuples * 3000}
    snapshot = msgspec.structs.replace(snapshot, relations=(msgspec.structs.replace(table, **longer),))
    question = Question(sql="select * from t where b = 5")
    with Twin(snapshot) as twin:
        before = twin.plan(question)
        index = twin.add(on("t", "b"))
        assert isinstance(index, WhatIfIndex)
        assert twin.plan(question) == before
        answer = twin.plan(question, visible=frozenset({index.id}))
    assert isinstance(before, Plan)
    assert before.cost > longer["pages"]
    assert isinstance(answer, Plan)
    assert answer.indexes == {index.id}


def test_a_session_that_was_ended_is_replaced(database: "Database") -> None:
    database.execute("create table t (a int)")
    question = Question(sql="select * from t")
    with Twin(snapshot_of(database)) as twin:
        before = twin.plan(question)
        for _ in range(2):
            with psycopg.connect(twin._instance.conninfo()) as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'pgclinic_builder'"
                )
            assert isinstance(twin.add(on("t", "a")), WhatIfIndex)
        assert twin.plan(question) == before


def test_a_twin_whose_server_is_gone_refuses(database: "Database") -> None:
    database.execute("create table t (a int)")
    with Twin(snapshot_of(database)) as twin:
        index = twin.add(on("t", "a"))
        assert isinstance(index, WhatIfIndex)
        twin._instance.stop()
        assert isinstance(twin.plan(Question(sql="select * from t"), visible=frozenset({index.id})), Refusal)
        for _ in range(3):
            assert isinstance(twin.plan(Question(sql="select * from t")), Refusal)
        assert isinstance(twin.add(on("t", "a")), Refusal)


def test_a_function_that_will_not_end_is_ended(database: "Database", monkeypatch: pytest.MonkeyPatch) -> None:
    database.execute("create table t (a int)")
    database.execute(
        "create function forever() returns int language plpgsql immutable as $$begin loop begin perform pg_sleep(60);"
        " exception when query_canceled then null; end; end loop; end$$"
    )
    monkeypatch.setattr("pgclinic.twin.cluster.STATEMENT_SECONDS", 1)
    monkeypatch.setattr(guard, "STUCK_SECONDS", 2)
    with Twin(snapshot_of(database)) as twin:
        answer = twin.plan(Question(sql="select * from t where a = forever()"))
        assert isinstance(answer, Refusal)
        assert isinstance(twin.plan(Question(sql="select * from t")), Plan)


@pytest.mark.parametrize("sql", ["", "select '\ud800'", "select " + "not " * 5000 + "true", "select 1; select 2", "\0"])
def test_what_is_no_statement_is_refused(database: "Database", sql: str) -> None:
    with Twin(snapshot_of(database)) as twin:
        assert isinstance(twin.plan(Question(sql=sql)), Refusal)
