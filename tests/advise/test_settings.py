"""The settings adviser: only what counters speak for or plans change by, in the way that the server allows."""

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from pgclinic.advise.advisers import settings
from pgclinic.advise.case import Case
from pgclinic.advise.settings.change import with_unit
from pgclinic.checks import connections_near_limit, frequent_checkpoints, small_shared_buffers
from pgclinic.model.activity import ConnectionCounts
from pgclinic.model.background import Checkpoints, WalCounters
from pgclinic.model.catalog import Setting
from pgclinic.model.counters import DatabaseCounters
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import Prescription
from pgclinic.model.snapshot import Header, Server, Snapshot
from pgclinic.model.workload import Workload, WorkloadStatement
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.sql.statements import fingerprint
from pgclinic.twin.planner import Twin
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conftest import Database

_SINCE = "2026-01-01T00:00:00+00:00"
_HEALTHY = Snapshot(
    header=Header(format_version=1, collector="test", clock="2026-01-03T00:00:00+00:00"),
    server=Server(version_num=170000, version="17", database="shop"),
    settings=(
        Setting(name="max_wal_size", value="1024", unit="MB"),
        Setting(name="checkpoint_timeout", value="300", unit="s"),
        Setting(name="wal_compression", value="off"),
        Setting(name="shared_buffers", value="16384", unit="8kB"),
        Setting(name="max_connections", value="100"),
        Setting(name="autovacuum_vacuum_cost_limit", value="-1"),
    ),
    checkpoints=Checkpoints(timed=500, requested=3, stats_reset=_SINCE),
    wal_counters=WalCounters(records=1_000_000, full_pages=10_000, bytes=10 << 30, stats_reset=_SINCE),
    connection_counts=ConnectionCounts(clients=20, idle=15, busy_ms=86_400_000),
    database_counters=DatabaseCounters(stats_reset=_SINCE, blks_hit=9_990_000, blks_read=10_000, size_bytes=1 << 30),
)


def advised(snapshot: Snapshot, findings: "Iterable[Finding]" = ()) -> list[Prescription]:
    case = Case(
        snapshot=snapshot,
        workload=Workload(statements=(), source=""),
        findings=tuple(findings),
        planner_of=lambda _: contextlib.nullcontext(None),  # type: ignore[arg-type]
    )
    return [event for event in settings.advise(case) if isinstance(event, Prescription)]


def texts(items: list[Prescription]) -> list[str]:
    return [statement.sql for item in items for statement in item.do]


def test_a_healthy_server_is_left_alone() -> None:
    checks: tuple[Any, ...] = (frequent_checkpoints, small_shared_buffers, connections_near_limit)
    findings = [finding for check in checks for finding in check.examine(_HEALTHY)]
    assert advised(_HEALTHY, findings) == []


def test_wal_gets_room_for_what_is_written_between_two_checkpoints() -> None:
    busy = replace(
        _HEALTHY,
        checkpoints=Checkpoints(timed=5, requested=2_000, stats_reset=_SINCE),
        wal_counters=WalCounters(records=1, bytes=172_800 * (8 << 20), stats_reset=_SINCE),
    )
    (item,) = advised(busy, frequent_checkpoints.examine(busy))
    assert texts([item]) == ["alter system set max_wal_size = '5120MB'", "select pg_catalog.pg_reload_conf()"]
    assert item.undo[0].sql == "alter system set max_wal_size = '1024'"
    assert item.cures == tuple(finding.fingerprint for finding in frequent_checkpoints.examine(busy))


@pytest.mark.parametrize(
    ("service", "parameter"),
    [
        ("rds", "ParameterName=max_wal_size,ParameterValue=5120,ApplyMethod=immediate"),
        ("cloud_sql", "--database-flags=max_wal_size=5120"),
        ("azure", "--name max_wal_size --value 5120"),
        ("supabase", "--config max_wal_size=5120"),
        ("neon", "alter database shop set max_wal_size = 5120;"),
    ],
)
def test_a_managed_service_is_told_in_its_own_words(service: str, parameter: str) -> None:
    busy = replace(
        _HEALTHY,
        server=replace(_HEALTHY.server, service=service),
        checkpoints=Checkpoints(timed=5, requested=2_000, stats_reset=_SINCE),
        wal_counters=WalCounters(records=1, bytes=172_800 * (8 << 20), stats_reset=_SINCE),
    )
    (item,) = advised(busy, frequent_checkpoints.examine(busy))
    assert item.do == ()
    assert item.application is not None
    assert parameter in item.application.examples[0].code


def test_whole_pages_are_compressed_where_they_fill_the_wal() -> None:
    counters = WalCounters(records=1, full_pages=30_000_000, bytes=300 << 30, stats_reset=_SINCE)
    (item,) = advised(replace(_HEALTHY, wal_counters=counters))
    assert texts([item])[0] == "alter system set wal_compression = 'on'"


def test_what_depends_on_the_machine_is_said_and_not_run() -> None:
    counters = DatabaseCounters(stats_reset=_SINCE, blks_hit=4_000_000, blks_read=8_000_000, size_bytes=4 << 30)
    small = replace(_HEALTHY, database_counters=counters)
    (item,) = advised(small, small_shared_buffers.examine(small))
    assert (item.do, item.object) == ((), ObjectName("setting", "shared_buffers"))
    assert item.application is not None
    assert "shared_buffers = 4GB" in {line for each in item.application.examples for line in each.code.splitlines()}


def test_a_pooler_is_as_large_as_what_is_busy_asks_for() -> None:
    full = replace(_HEALTHY, connection_counts=ConnectionCounts(clients=96, idle=90, busy_ms=5 * 172_800_000.0))
    (item,) = advised(full, connections_near_limit.examine(full))
    assert item.application is not None
    assert "default_pool_size = 20\n" in item.application.examples[0].code


@pytest.mark.parametrize(
    ("unit", "value", "written"),
    [("8kB", "16384", "131072kB"), ("MB", "5120", "5120MB"), ("", "1.1", "1.1"), ("s", "300", "300s")],
)
def test_values_are_written_with_their_unit(unit: str, value: str, written: str) -> None:
    assert with_unit(Setting(name="x", value="", unit=unit), value) == written


@pytest.mark.server
def test_what_the_planner_confirms_is_prescribed_and_nothing_else(role_name: str, database: "Database") -> None:
    database.execute(f"create role {role_name} nologin")
    database.execute(
        "create table visits as select n as id, md5(n::text) as note, (n * 7919) % 100000 as day"
        " from generate_series(1, 100000) n"
    )
    database.execute("create index on visits (day)")
    database.execute("grant select on visits to public; analyze visits")
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    sorting = "select * from visits order by note"
    joining = "select * from visits one join visits other on other.day = one.id where one.id <= 1000"
    statements = tuple(
        WorkloadStatement(fingerprint=fingerprint(sql), name="", sql=sql, role=role_name, total_ms=100.0)
        for sql in (sorting, joining)
    )
    spilling = Finding(
        "spilling_statement",
        Severity.NOTICE,
        ObjectName("statement", fingerprint(sorting)),
        "",
        "",
        facts=(Fact("spilled", 6e6, Unit.BYTES),),
    )
    disks = Finding(
        "random_page_cost_of_disks",
        Severity.INFO,
        ObjectName("setting", "random_page_cost"),
        "",
        "",
        facts=(Fact("hit", 0.999, Unit.RATIO),),
    )
    case = Case(
        snapshot=snapshot,
        workload=Workload(statements=statements, source=""),
        findings=(spilling, disks),
        planner_of=Twin,
    )
    memory, costs = [event for event in settings.advise(case) if isinstance(event, Prescription)]
    assert [gain.sql for gain in memory.gains] == [sorting]
    assert (costs.object.name, costs.do[0].sql) == ("random_page_cost", "alter system set random_page_cost = '1.1'")
    assert database.execute(memory.verify) == [(False,)]
    database.execute(memory.do[0].sql)
    assert database.execute(memory.verify) == [(True,)]
    database.execute(memory.undo[0].sql)
    assert database.execute(memory.verify) == [(False,)]
    only_joining = replace(case, workload=Workload(statements=statements[1:], source=""), findings=(spilling,))
    assert [event for event in settings.advise(only_joining) if isinstance(event, Prescription)] == []
