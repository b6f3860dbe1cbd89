"""A real database whose counters ran for a month: what one server can no longer do, each with its evidence."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

import renaming
from pgclinic.model.prescription import Course
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.report import course_text
from pgclinic.sql.statements import fingerprint
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import prescribe

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

DAYS = 30
SCHEMA = """
    create extension pg_stat_statements;
    create table accounts (id bigint primary key, name text);
    create table plans (id int primary key, kind text, name text);
    create table visits (account_id bigint not null references accounts, at timestamptz not null, note text);
    insert into accounts select n, 'a' || n from generate_series(1, 2000) n;
    insert into plans select n, 'k' || n % 4, 'p' || n from generate_series(1, 40) n;
    insert into visits select 1 + n % 2000, timestamptz '2026-01-01' + n * interval '1 minute', md5(n::text)
    from generate_series(1, 30000) n;
    create index on visits (account_id, at);
    create index on visits (at);
    vacuum analyze;
"""
REPORT = """
    select v.account_id % 7 as part, count(distinct md5(v.note || n)) from visits v, generate_series(1, 5) n group by 1
"""
LIST = "select id, name from plans where kind = %s"
OWN = "select at, note from visits where account_id = %s and at > %s"
ADD = "insert into visits (account_id, at, note) values (%s, %s, 'new')"
TEXTS = {"report": REPORT, "list": LIST, "own": OWN, "add": ADD}
NAMES = {fingerprint(text.replace("%s", "$1")): name for name, text in TEXTS.items()}


@pytest.fixture
def snapshot(database: "Database") -> Snapshot:
    """Seen after some minutes of work, so to speak."""
    for statement in SCHEMA.split(";"):
        database.execute(statement)
    database.execute("select pg_stat_reset()")
    with database.connect(prepare_threshold=None) as connection:
        for number in range(40):
            connection.execute(LIST, [f"k{number % 4}"]).fetchall()
            connection.execute(OWN, [number + 1, "2026-01-20"]).fetchall()
            connection.execute(ADD, [number + 1, "2026-03-01"])
        connection.execute(REPORT).fetchall()
    with open_session(database.conninfo) as connection:
        return drive(collect(connection))


def after_a_month(seen: Snapshot, *, busy: float, larger: int = 1, written: int = 0, **shares: float) -> Snapshot:
    """The same catalog, statistics and statements, each as slow as it was: only asked for a month.

    ``busy`` sessions are at work on average; ``shares`` are of their time. The largest table is ``larger``,
    and so many rows were ``written`` to it.
    """
    began = (datetime.fromisoformat(seen.header.clock) - timedelta(days=DAYS)).isoformat()
    whole_ms = busy * DAYS * 86_400_000.0
    statements = []
    for each in seen.statements:
        share = shares.get(NAMES.get(fingerprint(each.text), ""))
        if share is None:
            continue
        calls = max(1, round(share * whole_ms / each.mean_ms))
        statements.append(
            replace(each, calls=calls, rows=calls * each.rows // each.calls, total_ms=calls * each.mean_ms, since=None)
        )
    assert len(statements) == len(shares)
    assert seen.database_counters is not None
    assert seen.connection_counts is not None
    events = max(seen.relations, key=lambda one: one.tuples)
    return replace(
        seen,
        statements=tuple(statements),
        relations=tuple(
            replace(
                each,
                tuples=each.tuples * larger,
                pages=each.pages * larger,
                heap_bytes=(each.heap_bytes or 0) * larger,
                total_bytes=(each.total_bytes or 0) * larger,
            )
            if each.oid == events.oid
            else each
            for each in seen.relations
        ),
        table_counters=tuple(
            replace(each, n_tup_ins=written, n_live_tup=round(events.tuples * larger))
            if each.relation == events.oid
            else each
            for each in seen.table_counters
        ),
        database_counters=replace(seen.database_counters, stats_reset=began, statements_reset=began),
        connection_counts=replace(seen.connection_counts, busy_ms=whole_ms),
    )


def capacity(snapshot: Snapshot) -> Course:
    return drive(prescribe(snapshot, kinds={"capacity"}))


def parts(course: Course) -> list[str]:
    """What is to be put beside the database, by the code that is given with it."""
    words = ("replica", "redis", "hypertable", "distributed")
    codes = [item.application.examples[0].code for item in course.prescriptions if item.application is not None]
    return [next(word for word in words if word in code) for code in codes]


def fact(course: Course, name: str) -> float:
    (item,) = course.prescriptions
    return next(float(each.value) for each in item.facts if each.name == name)


def test_some_minutes_of_work_call_for_nothing(snapshot: Snapshot) -> None:
    course = capacity(snapshot)
    assert (course.prescriptions, course.declined) == ((), ())


def test_a_month_of_ordinary_work_calls_for_nothing(snapshot: Snapshot) -> None:
    course = capacity(after_a_month(snapshot, busy=0.4, report=0.3, own=0.3, add=0.4))
    assert parts(course) == []


def test_long_reports_call_for_a_replica(snapshot: Snapshot) -> None:
    busy = after_a_month(snapshot, busy=6, report=0.7, own=0.2, add=0.1)
    course = capacity(busy)
    assert parts(course) == ["replica"]
    assert fact(course, "busy") == pytest.approx(6, rel=0.01)
    assert fact(course, "reports") > 0.6
    assert fact(course, "counted_for") == pytest.approx(DAYS * 86_400, rel=0.01)
    assert "replica" in course_text.text(course)
    assert parts(capacity(after_a_month(snapshot, busy=6, report=0.1, add=0.9))) == []


def test_few_answers_call_for_a_cache(snapshot: Snapshot) -> None:
    course = capacity(after_a_month(snapshot, busy=0.5, list=0.5, add=0.5))
    assert parts(course) == ["redis"]
    assert (fact(course, "answers"), fact(course, "changes")) == (4, 0)
    assert parts(capacity(after_a_month(snapshot, busy=0.5, own=0.5, add=0.5))) == []


def test_fast_growing_events_call_for_a_time_series(snapshot: Snapshot) -> None:
    how = {"busy": 1.0, "larger": 2_000, "own": 0.5, "add": 0.5}
    course = capacity(after_a_month(snapshot, written=500_000_000, **how))
    assert parts(course) == ["hypertable"]
    assert fact(course, "a_year") > 200 << 30
    assert parts(capacity(after_a_month(snapshot, written=1_000_000, **how))) == []


def test_a_full_machine_calls_for_shards(snapshot: Snapshot) -> None:
    how = {"larger": 300_000, "own": 0.5, "add": 0.5}
    course = capacity(after_a_month(snapshot, busy=20, **how))
    assert parts(course) == ["distributed"]
    assert fact(course, "served") > 0.8
    assert parts(capacity(after_a_month(snapshot, busy=2, **how))) == []


def test_the_same_with_every_name_changed(snapshot: Snapshot) -> None:
    for how in ({"busy": 6, "report": 0.7, "add": 0.3}, {"busy": 0.5, "list": 0.5, "add": 0.5}):
        lengthened = after_a_month(snapshot, **how)  # type: ignore[arg-type]
        other, _ = renaming.renamed(lengthened)
        assert parts(capacity(other)) == parts(capacity(lengthened))
