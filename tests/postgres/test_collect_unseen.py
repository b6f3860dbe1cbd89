"""How much of the workload a visit does not see: hidden, too many, unreadable, thrown away. Measured, and said."""

from typing import TYPE_CHECKING

import psycopg
import pytest

from pgclinic.grading.certainty import certainty
from pgclinic.instance import start
from pgclinic.model.counters import StatementCoverage
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.probes import statements
from pgclinic.probes.statements import MOST_BY_CALLS, MOST_BY_TIME
from pgclinic.report.checkup_words import reason_of
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from tests.conftest import Database, Servers

pytestmark = pytest.mark.server


def visit(conninfo: str) -> Snapshot:
    with open_session(conninfo) as connection:
        return drive(collect(connection))


def coverage_of(snapshot: Snapshot) -> StatementCoverage:
    assert snapshot.statement_coverage is not None
    return snapshot.statement_coverage


def test_what_other_roles_ran_is_hidden_with_its_share(role_name: str, database_on_each: "Database") -> None:
    database_on_each.execute("create extension pg_stat_statements; create table t (a int primary key)")
    database_on_each.execute(f"create role {role_name} login password 'pw'; grant select on t to {role_name}")
    for _ in range(20):
        database_on_each.execute("select count(*), pg_sleep(0.005) from t where a = 5")
    conninfo = database_on_each.conninfo_as(role_name, "pw")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("select count(*), pg_sleep(0.05) from t where a = 6 and a < 7")
    mine, whole = visit(conninfo), visit(database_on_each.conninfo)

    hidden = coverage_of(mine)
    assert hidden.entries == coverage_of(whole).entries == len(whole.statements) + coverage_of(whole).withheld_entries
    assert coverage_of(whole).withheld_entries == 1  # CREATE ROLE, whose password must not be seen
    assert [each.text for each in mine.statements if "pg_sleep" in each.text] == [
        "select count(*), pg_sleep($1) from t where a = $2 and a < $3"
    ]
    others = [each for each in whole.statements if each.role != role_name]
    assert hidden.hidden_entries == len(others) + 1
    assert hidden.hidden_ms == pytest.approx(sum(each.total_ms for each in others) + coverage_of(whole).withheld_ms)
    assert hidden.seen_share == pytest.approx(1 - hidden.hidden_ms / hidden.total_ms)
    [spot] = [spot for spot in mine.blind_spots if spot.subject == "statements"]
    assert hidden.hidden_ms / hidden.total_ms in [fact.value for fact in spot.facts]
    assert coverage_of(whole).hidden_entries == 0
    doubts = [doubt for doubt in certainty(mine) if "not seen" in doubt.reason]
    assert [doubt.factor for doubt in doubts] == [pytest.approx(hidden.seen_share)]
    assert not [doubt for doubt in certainty(whole) if "not seen" in doubt.reason]


def test_the_heaviest_and_the_most_called_are_brought(database: "Database", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "MOST_BY_TIME", 3)
    monkeypatch.setattr(statements, "MOST_BY_CALLS", 1)
    database.execute("create extension pg_stat_statements; create table t (a int primary key)")
    with database.connect() as connection:
        for depth in range(1, 4):
            connection.execute(f"select {', '.join(['pg_sleep(0.05)'] * depth)}")
        for _ in range(30):
            connection.execute("select a from t where a = 1")
        connection.execute("select a, a from t where a = 1")
    snapshot = visit(database.conninfo)

    assert len(snapshot.statements) == 4
    times = [each.total_ms for each in snapshot.statements]
    assert times[:3] == sorted(times[:3], reverse=True)
    assert snapshot.statements[-1].text == "select a from t where a = $1"
    coverage = coverage_of(snapshot)
    assert coverage.unlisted_entries == coverage.entries - 4 > 0
    assert coverage.unlisted_ms == pytest.approx(coverage.total_ms - sum(times))
    assert MOST_BY_TIME + MOST_BY_CALLS == 5000


def test_what_was_thrown_away_is_said(server: "Servers") -> None:
    settings = {"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.max": "100"}
    with start(server(18).binaries, settings=settings) as instance:
        with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
            connection.execute("create extension pg_stat_statements")
            for number in range(1, 400):
                connection.execute(f"select {', '.join(['1'] * number)}")
        snapshot = visit(instance.conninfo())

    coverage = coverage_of(snapshot)
    assert coverage.evictions
    assert coverage.evicted_entries == coverage.evictions * 10
    [spot] = snapshot.blind_spots
    assert (spot.subject, spot.object, spot.grant) == ("statements", "evicted statements", "")
    assert f"ran out of room {coverage.evictions} times" in reason_of(spot)
    assert "pg_stat_statements.max in postgresql.conf" in reason_of(spot)
    assert snapshot.sees("statements")


def test_shares_of_nothing_and_of_windows() -> None:
    nothing = StatementCoverage()
    assert (nothing.seen_share, nothing.evicted_share, nothing.hidden_share, nothing.unlisted_share) == (
        None,
        None,
        0,
        0,
    )
    assert StatementCoverage(evictions=0).evicted_share == 0
    day = {"since": "2026-01-01T00:00:00+00:00", "seen_at": "2026-01-02T00:00:00+00:00"}
    known = StatementCoverage(evictions=3, total_ms=60, active_ms=100, active_since="2026-01-01T00:05:00+00:00", **day)
    assert known.evicted_share == pytest.approx(0.4)
    other = StatementCoverage(evictions=3, total_ms=60, active_ms=100, active_since="2026-01-01T06:00:00+00:00", **day)
    assert other.evicted_share is None
    assert StatementCoverage(total_ms=10, hidden_ms=9, unlisted_ms=9).seen_share == 0


def test_the_texts_are_read_once_and_nothing_is_reset(database_on_each: "Database") -> None:
    database_on_each.execute("create extension pg_stat_statements; create table t (a int primary key)")
    database_on_each.execute("select count(*) from t where a = 1")
    with database_on_each.connect() as connection:
        connection.execute(
            "set allow_system_table_mods = on; create sequence readings; set client_min_messages = error"
        )
        [(definition,)] = connection.execute("select pg_get_viewdef('pg_stat_statements'::regclass)").fetchall()
        names = [
            name
            for (name,) in connection.execute(
                "select attname from pg_attribute where attrelid = 'pg_stat_statements'::regclass and attnum > 0 "
                "order by attnum"
            ).fetchall()
        ]
        connection.execute(
            "create function counted() returns bool language plpgsql stable as "
            "$$begin raise warning 'read'; return true; end$$"
        )
        columns = ", ".join(f"inner_view.{name}" for name in names)
        connection.execute(
            f"create or replace view pg_stat_statements as select {columns} "
            f"from ({definition.rstrip('; ')}) inner_view where (select counted())"
        )
    resets = "select stats_reset from pg_stat_database where datname = current_database()"
    reset_before = database_on_each.execute(resets)
    since = "select stats_reset from pg_stat_statements_info" if database_on_each.major >= 15 else "select 1"
    since_before = database_on_each.execute(since)
    readings: list[str] = []
    with open_session(database_on_each.conninfo) as connection:
        connection.execute("set client_min_messages = warning")
        connection.add_notice_handler(lambda notice: readings.append(notice.message_primary or ""))
        snapshot = drive(collect(connection))

    assert readings == ["read"]
    assert any("from t where a" in each.text for each in snapshot.statements)
    assert database_on_each.execute(resets) == reset_before
    assert database_on_each.execute(since) == since_before
