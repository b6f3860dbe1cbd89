"""A database that was seen for a day, as busy and as connected as a test wants it."""

from typing import Any

from pgclinic.model.activity import ConnectionCounts
from pgclinic.model.catalog import Column, Relation, Setting
from pgclinic.model.counters import DatabaseCounters, StatementCounters, TableCounters
from pgclinic.model.snapshot import Header, Server, Snapshot
from pgclinic.model.stack import StackPlan
from pgclinic.model.statistics import ColumnStatistics
from pgclinic.verbs.driving import drive
from pgclinic.verbs.stack_plan import stack_plan

DAY_MS = 86_400_000.0
REPORT = "select kind, count(*) from plans group by kind"
LOOKUP = "select name from plans where kind = $1"


def statement(text: str, calls: int = 1_000, total_ms: float = 1_000) -> StatementCounters:
    return StatementCounters(
        queryid=str(len(text)), role="app", text=text, calls=calls, rows=calls, total_ms=total_ms,
        mean_ms=total_ms / calls,
    )  # fmt: skip


def seen(
    *statements: StatementCounters, busy: float = 0.1, clients: int = 20, idle: int = 5, service: str = "", **more: Any
) -> Snapshot:
    return Snapshot(
        header=Header(
            format_version=1,
            collector="test",
            clock="2026-01-02T00:00:00+00:00",
            probes=("statements", "connections", "database_counters"),
        ),
        server=Server(version_num=180000, version="18.1", database="shop", service=service),
        relations=(Relation(oid=1, schema="public", name="plans", kind="r", owner="x", tuples=400, pages=4),),
        columns=tuple(
            Column(relation=1, number=number, name=name, type="text") for number, name in enumerate(("name", "kind"), 1)
        ),
        column_statistics=(ColumnStatistics(relation=1, column="kind", n_distinct=4),),
        table_counters=(TableCounters(relation=1),),
        settings=(Setting(name="max_connections", value="300"),),
        statements=statements,
        connection_counts=ConnectionCounts(clients=clients, idle=idle, busy_ms=busy * DAY_MS),
        database_counters=DatabaseCounters(stats_reset="2026-01-01T00:00:00+00:00"),
        **more,
    )


def planned(snapshot: Snapshot, **options: Any) -> StackPlan:
    return drive(stack_plan(snapshot, **options))


def busy_shop() -> Snapshot:
    """Everything pays here."""
    return seen(statement(REPORT, 100, 5 * DAY_MS), statement(LOOKUP, 5_000_000, DAY_MS), busy=6, clients=290, idle=280)
