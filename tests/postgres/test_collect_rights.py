"""Visitors who may see little: no error, and each blind spot names the statement that would show what is hidden."""

from typing import TYPE_CHECKING

import pytest

from pgclinic.instance import binaries_for, start
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from tests.conftest import Database

pytestmark = pytest.mark.server

SCHEMA = """
create extension pg_stat_statements;
create table open_table (a int primary key);
create table closed_table (a int primary key, b text);
create table guarded (a int primary key, who text);
create sequence closed_sequence;
alter table guarded enable row level security;
create policy own on guarded using (who = current_user);
insert into open_table select generate_series(1, 100);
insert into closed_table select g, 'b' || g from generate_series(1, 100) g;
insert into guarded select g, 'w' from generate_series(1, 100) g;
analyze;
"""


def visit_as(database: "Database", role: str) -> Snapshot:
    with open_session(database.conninfo_as(role, "pw")) as connection:
        return drive(collect(connection))


def visible_statistics(snapshot: Snapshot) -> set[str]:
    return {snapshot.relation_by_oid[record.relation].name for record in snapshot.column_statistics}


def test_a_role_that_may_only_connect(role_name: str, database_on_every: "Database") -> None:
    database_on_every.execute(SCHEMA)
    database_on_every.execute(f"create role {role_name} login password 'pw'")
    snapshot = visit_as(database_on_every, role_name)

    assert {relation.name for relation in snapshot.relations} == {"open_table", "closed_table", "guarded"}
    assert snapshot.column_statistics == ()
    assert snapshot.column_ends == ()
    assert sorted((spot.subject, spot.grant) for spot in snapshot.blind_spots) == [
        ("column_statistics", f"alter role {role_name} bypassrls"),
        ("column_statistics", f"grant select on all tables in schema public to {role_name}"),
        ("sequences", f"grant select on sequence public.closed_sequence to {role_name}"),
        ("sessions", f"grant pg_monitor to {role_name}"),
        ("settings", f"grant pg_monitor to {role_name}"),
        ("statements", f"grant pg_monitor to {role_name}"),
    ]
    assert not snapshot.sees("column_statistics")
    assert snapshot.sees("statements")


def test_pg_monitor_sees_the_workload_but_no_statistics(role_name: str, database_on_every: "Database") -> None:
    database_on_every.execute(SCHEMA)
    database_on_every.execute(f"create role {role_name} login password 'pw' in role pg_monitor")
    snapshot = visit_as(database_on_every, role_name)

    assert snapshot.server.visitor_reads_all_stats
    assert any("insert into closed_table" in statement.text for statement in snapshot.statements)
    assert {spot.subject for spot in snapshot.blind_spots} == {"column_statistics", "sequences"}


def test_the_grants_that_are_named_open_the_eyes(role_name: str, database_on_every: "Database") -> None:
    database_on_every.execute(SCHEMA)
    database_on_every.execute(f"create role {role_name} login password 'pw'")
    for spot in visit_as(database_on_every, role_name).blind_spots:
        database_on_every.execute(spot.grant)
    snapshot = visit_as(database_on_every, role_name)

    assert snapshot.blind_spots == ()
    assert visible_statistics(snapshot) == {"open_table", "closed_table", "guarded"}


def test_row_security_hides_statistics_and_says_so(role_name: str, database_on_each: "Database") -> None:
    database_on_each.execute(SCHEMA)
    database_on_each.execute(f"create role {role_name} login password 'pw' in role pg_monitor")
    database_on_each.execute(f"grant select on open_table, guarded to {role_name}")
    snapshot = visit_as(database_on_each, role_name)

    assert visible_statistics(snapshot) == {"open_table"}
    spots = {spot.grant: spot for spot in snapshot.blind_spots if spot.subject == "column_statistics"}
    assert spots[f"alter role {role_name} bypassrls"].object == "guarded"
    assert spots[f"grant select on public.closed_table to {role_name}"].object == "closed_table"
    assert snapshot.sees("column_statistics")


def test_an_owner_sees_what_is_his(role_name: str, database: "Database") -> None:
    database.execute(SCHEMA)
    database.execute(f"create role {role_name} login password 'pw'")
    database.execute(f"alter table guarded owner to {role_name}; alter table closed_table owner to {role_name}")
    database.execute("set enable_seqscan = off; select from closed_table where a = 1; select from guarded where a = 1")
    snapshot = visit_as(database, role_name)

    assert visible_statistics(snapshot) == {"guarded", "closed_table"}
    low_and_high = {(record.low, record.high) for record in snapshot.column_ends}
    assert low_and_high == {("1", "100")}


def test_without_pg_stat_statements_its_creation_is_named(database: "Database") -> None:
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))

    assert [(spot.subject, spot.grant) for spot in snapshot.blind_spots] == [
        ("statements", "create extension pg_stat_statements")
    ]
    assert not snapshot.sees("statements")


def test_a_library_that_is_not_loaded_is_said_with_or_without_its_extension() -> None:
    with start(binaries_for(18)) as instance:
        for grant in ("create extension pg_stat_statements", ""):
            with open_session(instance.conninfo(), read_only=False) as connection:
                [spot] = drive(collect(connection)).blind_spots
                assert "shared_preload_libraries" in spot.reason
                assert (spot.subject, spot.grant) == ("statements", grant)
                if grant:
                    connection.execute(grant)


def test_pg_stat_statements_in_another_schema(database: "Database") -> None:
    database.execute('create schema "Ext Ensions"; create extension pg_stat_statements schema "Ext Ensions"')
    database.execute("select 'seen' as a_marker_of_its_own")
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))

    assert any("a_marker_of_its_own" in statement.text for statement in snapshot.statements)


def test_a_users_cast_to_text_is_never_run(role_name: str, database: "Database") -> None:
    database.execute(f"create role {role_name} login password 'pw'; grant create on schema public to {role_name}")
    with open_session(database.conninfo_as(role_name, "pw"), read_only=False) as connection:
        for statement in (
            "create type mood as enum ('low', 'high')",
            "create table moods (m mood primary key)",
            "insert into moods values ('low'), ('high')",
            "create function trap(mood) returns text language plpgsql as $$begin raise 'sprung'; end$$",
            "create cast (mood as text) with function trap(mood) as implicit",
            "create function eq(anyelement, anyelement) returns bool language plpgsql as $$begin raise 'sprung'; end$$",
        ):
            connection.execute(statement)
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))

    assert [(ends.low, ends.high) for ends in snapshot.column_ends] == [("low", "high")]
