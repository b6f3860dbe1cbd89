"""Which tables are to be partitioned, and which are not: found from catalogs and workload, confirmed by the planner."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.advise.test_demo import neglected

import renaming
from pgclinic.advise.advisers import partitions
from pgclinic.advise.case import Case
from pgclinic.advise.partitioning.parted import parted, parts_of
from pgclinic.advise.partitioning.spread import narrowed, spread_of
from pgclinic.advise.planner import Planner
from pgclinic.checks import large_unpartitioned_table
from pgclinic.model.clock import beginnings, position
from pgclinic.model.finding import Finding
from pgclinic.model.plan import Plan, Question
from pgclinic.model.prescription import Declined, Prescription
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.statistics import ColumnEnds, ColumnStatistics
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.sql.arrays import parse_array, write_array
from pgclinic.twin.planner import Twin
from pgclinic.verbs.driving import drive
from pgclinic.workload.from_statements import workload_of

if TYPE_CHECKING:
    from conftest import Database

LARGE = 5_000_000
Advice = list[Prescription | Declined]


def grown(snapshot: Snapshot, times: float) -> Snapshot:
    """As if every table had so many times its rows, spread as they are."""
    replace = msgspec.structs.replace

    def more(size: int | None) -> int | None:
        return None if size is None else int(size * times)

    return replace(
        snapshot,
        relations=tuple(
            replace(
                each,
                tuples=max(each.tuples, 0) * times,
                pages=int(each.pages * times),
                all_visible_pages=int(each.all_visible_pages * times),
                heap_bytes=more(each.heap_bytes),
                total_bytes=more(each.total_bytes),
            )
            for each in snapshot.relations
        ),
        indexes=tuple(
            replace(
                each, tuples=each.tuples * times, pages=int(each.pages * times), bytes=more(each.bytes), tree_level=None
            )
            for each in snapshot.indexes
        ),
    )


def no_planner(_: Snapshot) -> AbstractContextManager[Planner]:
    raise AssertionError("nothing is worth a plan")


def advice(snapshot: Snapshot, planner_of: Any = Twin, findings: Sequence[Finding] | None = None) -> Advice:
    found = tuple(large_unpartitioned_table.examine(snapshot) if findings is None else findings)
    case = Case(snapshot=snapshot, workload=workload_of(snapshot), findings=found, planner_of=planner_of)
    return [each for each in partitions.advise(case) if isinstance(each, Prescription | Declined)]


def names(items: Advice, kind: type) -> set[str]:
    return {each.object.name for each in items if isinstance(each, kind)}


def seen(database: "Database") -> Snapshot:
    with open_session(database.conninfo) as connection:
        return drive(collect(connection))


@pytest.mark.server
def test_the_large_demo_gets_its_logs_and_events_partitioned_by_any_name(database: "Database") -> None:
    small = neglected(database)
    assert advice(small, planner_of=no_planner) == []
    assert advice(grown(small, 300_000 / 8000), planner_of=no_planner) == []  # the medium scale
    large = grown(small, LARGE / 8000)
    items = advice(large)
    assert names(items, Prescription) == {"call_logs", "analytics"}
    assert "vapi_calls" in names(items, Declined)
    (refusal,) = [each for each in items if isinstance(each, Declined) and each.object.name == "vapi_calls"]
    facts = {fact.name: str(fact.value) for fact in refusal.facts}
    assert facts["unique"] == "vapi_calls_call_id_key"
    assert facts["pointing"] == "leads_call_id_fkey of leads, sms_logs_call_id_fkey of sms_logs"
    for item in items:
        if isinstance(item, Prescription):
            assert any(gain.cost_after * 1.5 < gain.cost_before for gain in item.gains)
    other, new = renaming.renamed(large)
    others = advice(other)
    for kind in (Prescription, Declined):
        assert names(others, kind) == {new[name] for name in names(items, kind)}
    assert [
        [(gain.cost_before, gain.cost_after) for gain in item.gains]
        for item in others
        if isinstance(item, Prescription)
    ] == [
        [(gain.cost_before, gain.cost_after) for gain in item.gains] for item in items if isinstance(item, Prescription)
    ]


EVENTS = """
    create extension pg_stat_statements;
    create table events (id uuid primary key default gen_random_uuid(), kind text, at timestamptz not null);
    insert into events (kind, at)
    select 'k' || n % 7, timestamptz '2026-01-01' + n * interval '90 minutes' from generate_series(1, 5000) as n;
    vacuum analyze events;
"""


def with_statements(database: "Database", setup: str, *statements: str) -> Snapshot:
    for each in filter(str.strip, EVENTS.split(";\n")):
        database.execute(each)
    if setup:
        database.execute(setup)
    database.execute("select pg_stat_statements_reset()")
    with database.connect() as connection:
        for statement in statements:
            connection.execute(statement)
    snapshot = seen(database)
    return grown(
        msgspec.structs.replace(
            snapshot, header=msgspec.structs.replace(snapshot.header, clock="2026-11-10T00:00:00+00:00")
        ),
        2000,
    )


RANGE = "select kind, count(*) from events where at >= '2026-03-01' and at < '2026-03-15' group by kind"


@pytest.mark.server
@pytest.mark.parametrize(
    ("setup", "statements", "expected"),
    [
        ("", (RANGE,), "partition_table split_history"),
        ("alter table events drop constraint events_pkey", (RANGE,), "partition_table"),
        ("", ("select * from events where id = '00000000-0000-0000-0000-000000000000'",), ""),
        ("", (RANGE, *["select count(*) from events where kind = 'k1'"] * 120), "does not ask ranges"),
        ("", (RANGE, "insert into events (kind, at) values ('x', now()) on conflict (id) do nothing"), "would fail"),
        ("create table notes (event uuid references events)", (RANGE,), "point to it"),
        ("create unique index on events (id, kind)", (RANGE,), "would be lost"),
        ("alter table events alter at drop not null", (RANGE,), "may be null"),
        ("create materialized view m as select count(*) from events", (RANGE,), "could not be kept"),
        ("insert into events (at) values ('2030-01-01'); analyze events", (RANGE,), "far ahead"),
    ],
)
def test_what_is_asked_and_what_is_relied_on_decide(
    database: "Database", setup: str, statements: tuple[str, ...], expected: str
) -> None:
    items = advice(with_statements(database, setup, *statements))
    words = [item.kind if isinstance(item, Prescription) else item.reason for item in items]
    assert len(words) == (2 if "split" in expected else bool(expected))
    assert expected in " ".join(words)
    assert all(split.requires == (items[0].fingerprint,) for split in items[1:] if isinstance(split, Prescription))


@pytest.mark.server
def test_the_partitioned_twin_plans_as_a_really_partitioned_table_does(database_on_each: "Database") -> None:
    database = database_on_each
    for each in filter(str.strip, EVENTS.split(";\n")):
        database.execute(each)
    snapshot = seen(database)
    (table,) = [each for each in snapshot.relations if each.name == "events"]
    (key,) = [each for each in snapshot.columns_of[table.oid] if each.name == "at"]
    spread = spread_of(snapshot.statistics_of[table.oid, "at", False], None)
    assert spread is not None
    parts = parts_of(spread, beginnings(spread.low, spread.high, "month", most=99))
    database.execute("create table parted (like events) partition by range (at)")
    database.execute("alter table parted add primary key (id, at)")
    for part in parts:
        database.execute(f"create table parted_{part.low[:7].replace('-', '_')} partition of parted"
                         f" for values from ('{part.low}') to ('{part.high}')")  # fmt: skip
    database.execute("insert into parted select * from events order by at")
    database.execute("vacuum analyze parted")
    with Twin(parted(snapshot, table, key, spread, parts)) as twin, database.connect() as connection:
        assert twin.omissions == ()
        for sql in (RANGE, "select count(*) from events", "select * from events where at > '2026-10-20'"):
            answer = twin.plan(Question(sql=sql))
            assert isinstance(answer, Plan)
            ((real,),) = connection.execute(f"explain (format json) {sql.replace('events', 'parted')}").fetchall()
            assert answer.cost == pytest.approx(real[0]["Plan"]["Total Cost"], rel=0.01), sql


def test_statistics_of_a_slice_are_those_of_its_rows() -> None:
    days = [f"2026-{month:02}-01 00:00:00+00" for month in range(1, 13)]
    row = ColumnStatistics(
        relation=1,
        column="at",
        null_frac=0.1,
        n_distinct=1000.0,
        most_common_vals=write_array(["2026-03-10 00:00:00+00", "2026-06-10 00:00:00+00"]),
        most_common_freqs=(0.2, 0.15),
        histogram_bounds=write_array(days),
    )
    spread = spread_of(row, ColumnEnds(relation=1, column="at", high="2026-12-31 00:00:00+00"))
    assert spread is not None
    parts = parts_of(spread, beginnings(spread.low, spread.high, "month", most=99))
    assert sum(part.share for part in parts) == pytest.approx(0.9)
    march = next(part for part in parts if part.low == "2026-03-01")
    assert march.share == pytest.approx(0.2 + 0.55 / 11)
    narrow = narrowed(row, spread, march.low, march.high)
    assert narrow.most_common_freqs == pytest.approx((0.2 / march.share,))
    bounds = [position(str(bound)) for bound in parse_array(narrow.histogram_bounds or "{}")]
    assert (min(bounds), max(bounds)) == (position("2026-03-01"), position("2026-04-01"))


def test_a_column_whose_values_are_no_times_has_no_spread() -> None:
    row = ColumnStatistics(relation=1, column="at", histogram_bounds='{"2026-01-01 00:00:00+00",infinity}')
    with pytest.raises(ValueError, match="infinity"):
        spread_of(row, None)
    assert spread_of(ColumnStatistics(relation=1, column="at"), None) is None


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("day", ("2024-02-28", "2024-02-29", "2024-03-01", "2024-03-02")),
        ("week", ("2024-02-26", "2024-03-04")),
        ("month", ("2024-02-01", "2024-03-01", "2024-04-01")),
        ("year", ("2024-01-01", "2025-01-01")),
    ],
)
def test_intervals_begin_where_the_calendar_says(unit: str, expected: tuple[str, ...]) -> None:
    assert beginnings(position("2024-02-28 13:00:00+00"), position("2024-03-01 00:00:00+00"), unit, most=9) == expected


def test_intervals_without_end_are_not_counted() -> None:
    with pytest.raises(ValueError, match="more than 400"):
        beginnings(position("0001-01-01"), position("9999-01-01"), "day", most=400)
