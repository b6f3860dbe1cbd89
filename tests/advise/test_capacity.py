"""The capacity adviser: silent until the counters say that one server is not enough."""

import contextlib
from typing import Any

from msgspec.structs import replace

import renaming
from pgclinic.advise.advisers import capacity
from pgclinic.advise.capacity.cache import cache
from pgclinic.advise.capacity.replica import replica
from pgclinic.advise.capacity.sharding import sharding
from pgclinic.advise.capacity.time_series import time_series
from pgclinic.advise.case import Case
from pgclinic.model.activity import ConnectionCounts
from pgclinic.model.catalog import Column, Constraint, Relation
from pgclinic.model.counters import DatabaseCounters, StatementCounters, TableCounters
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import Declined, Prescription, When
from pgclinic.model.replication import Replica
from pgclinic.model.snapshot import Header, Server, Snapshot
from pgclinic.model.statistics import ColumnStatistics
from pgclinic.model.workload import Workload

_HOUR_MS = 3_600_000.0
_GB = 1 << 30
_REPORT = "select day, count(*) from visits group by day"
_LIST = "select id, name from plans where kind = $1"
_OPEN = "select * from visits where account_id = $1 and id > $2"
_BOTH = "select v.id from visits v join notes n on n.account_id = v.account_id where v.account_id = $1"
_ADD = "insert into visits (id, account_id, day) values ($1, $2, $3)"
_BY_DAY = "select id from visits where day = $1"
_BY_ID = "select day from visits where id = $1"


def relation(oid: int, name: str, rows: float, size: int) -> Relation:
    return Relation(
        oid=oid, schema="public", name=name, kind="r", owner="x", tuples=rows, pages=size // 8192, total_bytes=size,
        heap_bytes=size,
    )  # fmt: skip


def columns(oid: int, *names: str) -> list[Column]:
    return [Column(relation=oid, number=number, name=name, type="bigint") for number, name in enumerate(names, 1)]


def statement(text: str, calls: int, total_ms: float, rows: int = 1) -> StatementCounters:
    return StatementCounters(
        queryid=str(hash(text)), role="app", text=text, calls=calls, rows=calls * rows, total_ms=total_ms,
        mean_ms=total_ms / calls,
    )  # fmt: skip


def seen(*statements: StatementCounters, busy: float = 0.1, scale: int = 1, **more: Any) -> Snapshot:
    """A day of counters; tables of accounts, their visits and notes, and a small list of plans."""
    return Snapshot(
        header=Header(format_version=1, collector="test", clock="2026-01-02T00:00:00+00:00"),
        server=Server(version_num=170000, version="17", database="shop"),
        relations=(
            relation(1, "accounts", 10_000, 1 << 20),
            relation(2, "visits", 5_000_000, scale * _GB),
            relation(3, "notes", 2_000_000, scale * _GB),
            relation(4, "plans", 40, 8192),
        ),
        columns=(
            *columns(1, "id", "name"),
            *columns(2, "id", "account_id", "day"),
            *columns(3, "id", "account_id"),
            *columns(4, "id", "name", "kind"),
        ),
        column_statistics=(ColumnStatistics(relation=4, column="kind", n_distinct=4),),
        constraints=(
            Constraint(oid=11, relation=2, name="visit_of", kind="f", sql="", columns=("account_id",), references=1,
                       referenced_columns=("id",)),
            Constraint(oid=12, relation=3, name="note_of", kind="f", sql="", columns=("account_id",), references=1,
                       referenced_columns=("id",)),
            Constraint(oid=13, relation=2, name="visits_pkey", kind="p", sql="", columns=("id",)),
        ),
        table_counters=tuple(TableCounters(relation=oid, n_tup_ins=oid * 1_000 * (oid < 4)) for oid in (1, 2, 3, 4)),
        statements=statements,
        connection_counts=ConnectionCounts(clients=30, busy_ms=busy * 24 * _HOUR_MS),
        database_counters=DatabaseCounters(stats_reset="2026-01-01T00:00:00+00:00"),
        **more,
    )  # fmt: skip


def case_of(snapshot: Snapshot, *findings: Finding) -> Case:
    return Case(
        snapshot=snapshot,
        workload=Workload(statements=(), source=""),
        findings=findings,
        planner_of=lambda _: contextlib.nullcontext(None),  # type: ignore[arg-type]
    )


def code(item: Prescription | Declined) -> str:
    assert isinstance(item, Prescription)
    assert (item.do, item.undo, item.when) == ((), (), When.THIS_MONTH)
    assert item.application is not None
    return item.application.examples[0].code


def test_an_ordinary_database_needs_nothing_beside_it() -> None:
    snapshot = seen(statement(_REPORT, 100, _HOUR_MS), statement(_LIST, 500, 9e4), statement(_ADD, 9_000, 9e4))
    assert [event for event in capacity.advise(case_of(snapshot)) if isinstance(event, (Prescription, Declined))] == []


def test_long_reads_of_a_busy_server_go_to_a_replica() -> None:
    snapshot = seen(statement(_REPORT, 100, 90 * _HOUR_MS), statement(_ADD, 9_000, 6 * _HOUR_MS), busy=6)
    (item,) = replica(case_of(snapshot))
    assert "replica" in code(item)
    assert list(replica(case_of(replace(snapshot, replicas=(Replica(pid=1),))))) == []
    writing = seen(statement(_REPORT, 100, 40 * _HOUR_MS), statement(_ADD, 9_000, 60 * _HOUR_MS), busy=6)
    assert list(replica(case_of(writing))) == []


def test_few_answers_that_seldom_change_are_cached() -> None:
    often = statement(_LIST, 5_000_000, _HOUR_MS)
    (item,) = cache(case_of(seen(often, statement(_REPORT, 10, _HOUR_MS))))
    assert item.object.kind == "statement"
    assert "ex=3600" in code(item)
    changing = seen(often)
    counters = tuple(replace(each, n_tup_upd=1_000_000) for each in changing.table_counters)
    assert list(cache(case_of(replace(changing, table_counters=counters)))) == []
    assert list(cache(case_of(seen(statement(_OPEN, 5_000_000, _HOUR_MS))))) == []


def test_a_table_of_events_that_grows_fast_is_a_time_series() -> None:
    finding = Finding(
        "large_unpartitioned_table", Severity.NOTICE, ObjectName("table", "visits", "public"), "", "",
        facts=(Fact("column", "day", Unit.TEXT),),
    )  # fmt: skip
    snapshot = seen(statement(_ADD, 9_000, 9e4), scale=100)
    assert list(time_series(case_of(snapshot, finding))) == []
    fast = tuple(replace(each, n_tup_ins=200_000) for each in snapshot.table_counters)
    (item,) = time_series(case_of(replace(snapshot, table_counters=fast), finding))
    assert "select create_hypertable('public.visits', by_range('day')" in code(item)


def test_a_sharded_database_is_distributed_by_what_its_statements_name() -> None:
    work = (
        statement(_OPEN, 1_000, 200 * _HOUR_MS),
        statement(_BOTH, 1_000, 200 * _HOUR_MS),
        statement(_ADD, 9_000_000, 300 * _HOUR_MS),
    )
    snapshot = seen(*work, busy=20, scale=400)
    (item,) = sharding(case_of(snapshot))
    assert code(item).splitlines() == [
        "select create_reference_table('public.accounts');",
        "select create_distributed_table('public.notes', 'account_id');",
        "select create_reference_table('public.plans');",
        "select create_distributed_table('public.visits', 'account_id');",
    ]
    assert isinstance(item, Prescription)
    assert {fact.name: fact.value for fact in item.facts}["unique_without_it"] == "visits_pkey"
    by_day, by_id = (statement(text, 1_000, 200 * _HOUR_MS) for text in (_BY_DAY, _BY_ID))
    scattered = seen(by_day, by_id, work[2], busy=20, scale=400)
    (refused,) = sharding(case_of(scattered))
    assert isinstance(refused, Declined)


def test_renaming_everything_gives_the_same_key() -> None:
    work = (statement(_BOTH, 1_000, 400 * _HOUR_MS), statement(_ADD, 9_000_000, 300 * _HOUR_MS))
    snapshot = seen(*work, busy=20, scale=400)
    other, names = renaming.renamed(snapshot)
    (item,), (renamed_item,) = (sharding(case_of(each)) for each in (snapshot, other))
    expected = {renaming._in_sql(line.replace("'", ""), names) for line in code(item).splitlines()}
    assert {line.replace("'", "") for line in code(renamed_item).splitlines()} == expected
