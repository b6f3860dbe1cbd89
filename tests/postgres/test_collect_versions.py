"""Extensions that lag behind their server, and a server newer than any that is here: columns decide, not versions."""

from typing import TYPE_CHECKING

import pytest

from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from tests.conftest import Database

pytestmark = pytest.mark.server


def visit(database: "Database") -> Snapshot:
    with open_session(database.conninfo) as connection:
        return drive(collect(connection))


def versions_of(database: "Database") -> "Iterator[str]":
    """From 1.4 on, which is the oldest that the servers of today can install."""
    rows = database.execute("select version from pg_available_extension_versions where name = 'pg_stat_statements'")
    known = [version for (version,) in rows if version.split(".")[0] == "1" and int(version.split(".")[1]) >= 4]
    return iter(sorted(known, key=lambda version: int(version.split(".")[1])))


def test_every_version_of_pg_stat_statements_that_a_server_can_have(database_on_every: "Database") -> None:
    database_on_every.execute("create table t (a int primary key)")
    versions = versions_of(database_on_every)
    oldest = next(versions)
    database_on_every.execute(f"create extension pg_stat_statements version '{oldest}'")
    seen = []
    for version in (oldest, *versions):
        if version != oldest:
            database_on_every.execute(f"alter extension pg_stat_statements update to '{version}'")
        for _ in range(3):
            database_on_every.execute("select count(*) from t where a > 17")
        snapshot = visit(database_on_every)
        assert snapshot.blind_spots == (), version
        (extension,) = (each for each in snapshot.extensions if each.name == "pg_stat_statements")
        assert extension.version == version
        (statement,) = (each for each in snapshot.statements if "from t where a" in each.text)
        assert statement.calls == 3 * (len(seen) + 1)
        assert statement.total_ms > 0
        assert statement.mean_ms == pytest.approx(statement.total_ms / statement.calls)
        coverage = snapshot.statement_coverage
        assert coverage is not None
        assert coverage.total_ms > statement.total_ms
        assert (coverage.evictions is None) == (len(seen) < 5)  # pg_stat_statements_info came with 1.9
        assert (statement.since is None) == (len(seen) < 7)  # stats_since came with 1.11
        drive(checkup(snapshot))
        seen.append(version)
    assert len(seen) >= 5  # 13 has 1.4 to 1.8


def widened(connection: "psycopg.Connection", view: str, columns: str) -> None:
    """The catalog's view with more columns, as a newer server would have it; in this database only."""
    [(definition,)] = connection.execute("select pg_get_viewdef(%s::regclass)", [view]).fetchall()
    own = definition.rstrip("; ")
    connection.execute(f"create or replace view {view} as select inner_view.*, {columns} from ({own}) inner_view")


def test_a_server_of_19(database: "Database") -> None:
    """The views of 18 with the columns that 19 adds to them (its release notes, and pg_stat_statements 1.13)."""
    database.execute("create extension pg_stat_statements; create table t (a int primary key)")
    database.execute("insert into t select generate_series(1, 100); analyze t; select count(*) from t where a > 17")
    with database.connect() as connection:
        connection.execute("set allow_system_table_mods = on")
        reset = "'2026-09-01 10:00+00'::timestamptz as stats_reset"
        widened(connection, "pg_catalog.pg_stat_all_tables", reset)
        widened(connection, "pg_catalog.pg_stat_all_indexes", reset)
        widened(connection, "pg_catalog.pg_stats", "1::oid as tableid, 1::int2 as attnum")
        widened(connection, "pg_catalog.pg_stats_ext", "1::oid as tableid, 1::oid as statistics_id")
        widened(connection, "public.pg_stat_statements", "7::int8 as generic_plan_calls, 5::int8 as custom_plan_calls")
    snapshot = visit(database)

    assert snapshot.blind_spots == ()
    assert [counters.stats_reset for counters in snapshot.table_counters] == ["2026-09-01T10:00:00+00:00"]
    assert [index.stats_reset for index in snapshot.indexes] == ["2026-09-01T10:00:00+00:00"]
    assert {(each.generic_plan_calls, each.custom_plan_calls) for each in snapshot.statements} == {(7, 5)}
    assert [row.column for row in snapshot.column_statistics] == ["a"]
    drive(checkup(snapshot))


def test_what_only_newer_servers_know_is_none_on_older_ones(database_on_every: "Database") -> None:
    database_on_every.execute("create extension pg_stat_statements; create table t (a int primary key)")
    database_on_every.execute("insert into t select generate_series(1, 100); analyze t")
    database_on_every.execute("select count(*) from t where a > 17")
    with database_on_every.connect() as connection:
        connection.execute("select count(*) from t")
        if database_on_every.major >= 15:
            connection.execute("select pg_stat_force_next_flush()")
    snapshot = visit(database_on_every)

    (counters,) = snapshot.table_counters
    assert (counters.n_tup_newpage_upd is None) == (database_on_every.major < 16)
    assert counters.stats_reset is None
    (index,) = snapshot.indexes
    assert index.stats_reset is None
    assert all(each.generic_plan_calls is None for each in snapshot.statements)
    assert snapshot.statement_coverage is not None
    assert (snapshot.statement_coverage.active_ms is None) == (database_on_every.major < 14)
