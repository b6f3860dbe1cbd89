"""A monitoring role with the least rights: made, used, and taken away without a trace."""

import os
import subprocess
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgclinic.model.errors import UserError
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.postgres.journal import Journal
from pgclinic.postgres.journal_file import JournalFile
from pgclinic.report.checkup_words import reason_of
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prepare import prepare, remove, verify

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Database

pytestmark = pytest.mark.server

SCHEMA = """
create extension pg_stat_statements;
create table open_table (a int primary key);
create table "Closed Table" (a int primary key, b text, c int[]);
create index on "Closed Table" (lower(b));
create table guarded (id serial primary key, who text);
create table never_analysed (a int primary key);
alter table guarded enable row level security;
create policy own on guarded using (who = current_user);
insert into open_table select generate_series(1, 100);
insert into "Closed Table" select g, 'b' || g % 3, array[g % 4] from generate_series(1, 100) g;
insert into guarded (who) select 'w' || g % 5 from generate_series(1, 100) g;
analyze open_table, guarded, "Closed Table";
select count(*) from guarded where who = 'x';
"""


def visit_as(database: "Database", role: str, *, values: bool = True) -> Snapshot:
    with open_session(database.conninfo_as(role, "pw")) as connection:
        return drive(collect(connection, values=values))


def dump_of(database: "Database") -> str:
    """The schema with its rights, and all roles, as pg_dump and pg_dumpall write them."""
    binaries = database.instance.binaries
    if not binaries.program("pg_dump").exists():
        pytest.skip("this installation has no pg_dump")
    environment = {**os.environ, "PGPASSWORD": database.instance.password}
    options = ["-h", str(database.instance.socket_directory), "-U", database.instance.superuser]
    texts = [
        subprocess.run([binaries.program(program), *options, *more], check=True, capture_output=True, env=environment)
        for program, more in (
            ("pg_dump", ["--schema-only", "--create", "-d", database.name]),
            ("pg_dumpall", ["--globals-only"]),
        )
    ]
    lines = (line for text in texts for line in text.stdout.decode().splitlines())
    return "\n".join(line for line in lines if "restrict" not in line and "PASSWORD" not in line)


def test_the_role_sees_everything_and_may_do_nothing(role_name: str, database_on_every: "Database") -> None:
    database_on_every.execute(SCHEMA)
    plan = drive(prepare(database_on_every.conninfo, role=role_name, password="pw"))
    assert not [statement for statement in plan.statements if "pw" in statement.split()]
    found = drive(verify(database_on_every.conninfo, role=role_name, password="pw"))

    assert (found.connected_by, found.is_read_only, found.is_complete) == ("login", True, True)
    assert (found.tables, found.with_statistics, found.with_values) == (4, 3, 3)
    assert found.statements > 0
    snapshot = visit_as(database_on_every, role_name)
    with open_session(database_on_every.conninfo) as connection:
        everything = drive(collect(connection))
    assert snapshot.blind_spots == ()
    assert snapshot.column_statistics == everything.column_statistics
    assert [(each.name, each.last_value) for each in snapshot.sequences] == [("guarded_id_seq", 100)]
    assert not snapshot.server.visitor_is_superuser
    with psycopg.connect(database_on_every.conninfo_as(role_name, "pw"), autocommit=True) as connection:
        for statement, error in (
            ("select * from open_table", psycopg.errors.InsufficientPrivilege),
            ("create table t (a int)", psycopg.errors.ReadOnlySqlTransaction),
            ("begin read write; delete from guarded", psycopg.errors.InsufficientPrivilege),
            ("begin read write; create table pgclinic.t (a int)", psycopg.errors.InsufficientPrivilege),
            ("create or replace function pgclinic.sees(oid) returns bool language sql as 'select true'", psycopg.Error),
        ):
            with pytest.raises(error):
                connection.execute(statement)
            connection.rollback()
    limited = [psycopg.connect(database_on_every.conninfo_as(role_name, "pw")) for _ in range(3)]
    with pytest.raises(psycopg.OperationalError, match="too many connections"):
        psycopg.connect(database_on_every.conninfo_as(role_name, "pw"))
    for connection in limited:
        connection.close()
    drive(remove(database_on_every.conninfo, role=role_name))


def test_without_values_none_is_shown(role_name: str, database_on_each: "Database") -> None:
    database_on_each.execute(SCHEMA)
    drive(prepare(database_on_each.conninfo, role=role_name, password="pw", values=False))
    snapshot = visit_as(database_on_each, role_name)

    assert {row.column for row in snapshot.column_statistics} >= {"a", "b", "c", "lower", "id", "who"}
    assert not any(row.most_common_vals or row.histogram_bounds for row in snapshot.column_statistics)
    assert any(row.most_common_freqs for row in snapshot.column_statistics)
    [spot] = snapshot.blind_spots
    assert "without the values" in spot.reason
    assert snapshot.sees("column_statistics")
    without = visit_as(database_on_each, role_name, values=False)
    assert without.blind_spots == ()
    assert without.column_statistics == snapshot.column_statistics
    drive(remove(database_on_each.conninfo, role=role_name))


def test_what_the_helpers_do_not_show_is_said(role_name: str, database: "Database") -> None:
    database.execute(SCHEMA + 'create statistics pairs on a, b from "Closed Table"; analyze "Closed Table"')
    drive(prepare(database.conninfo, role=role_name, password="pw"))
    found = drive(verify(database.conninfo, role=role_name, password="pw"))
    [spot] = found.blind_spots
    assert (spot.subject, spot.object, spot.grant) == ("extended_statistics", "Closed Table", "")
    assert found.is_complete
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    assert snapshot.blind_spots == ()
    assert snapshot.extended_statistics[0].n_distinct
    drive(remove(database.conninfo, role=role_name))


def test_removing_leaves_nothing(role_name: str, database_on_each: "Database") -> None:
    database_on_each.execute(SCHEMA)
    before = dump_of(database_on_each)
    for values in (True, False, True):  # made, and renewed twice
        drive(prepare(database_on_each.conninfo, role=role_name, password="pw", values=values))
    assert dump_of(database_on_each) != before
    drive(remove(database_on_each.conninfo, role=role_name))
    assert dump_of(database_on_each) == before
    with pytest.raises(UserError, match="is not prepared"):
        drive(remove(database_on_each.conninfo, role=role_name))


def test_a_dry_run_changes_nothing(role_name: str, database: "Database") -> None:
    before = dump_of(database)
    plan = drive(prepare(database.conninfo, role=role_name, dry_run=True))
    assert dump_of(database) == before
    with database.connect() as connection:
        for statement in plan.statements:
            connection.execute(statement)
    planned = drive(remove(database.conninfo, role=role_name, dry_run=True))
    with database.connect() as connection:
        for statement in planned.statements:
            connection.execute(statement)
    assert dump_of(database) == before


def test_the_helper_shows_what_its_owner_may_read(role_name: str, database: "Database") -> None:
    """Somebody who owns one table prepares: row-level security does not bind him there; elsewhere he is blind."""
    database.execute(SCHEMA)
    database.execute(f"create role {role_name}_owner login createrole password 'pw'")
    try:
        database.execute(f"grant create on database {database.name} to {role_name}_owner")
        database.execute(f"grant pg_monitor to {role_name}_owner with admin option")
        database.execute(f"alter table guarded owner to {role_name}_owner")
        owner = database.conninfo_as(f"{role_name}_owner", "pw")
        drive(prepare(owner, role=role_name, password="pw"))
        snapshot = visit_as(database, role_name)
        names = {snapshot.relation_by_oid[row.relation].name for row in snapshot.column_statistics}
        assert names == {"guarded"}
        hidden = {spot.subject: reason_of(spot) for spot in snapshot.blind_spots}
        assert "may not read 3 of 4 tables" in hidden["column_statistics"]
        drive(remove(owner, role=role_name))
    finally:
        database.execute(f"drop owned by {role_name}_owner cascade; drop role {role_name}_owner")


def test_a_role_of_somebody_else_is_left_alone(role_name: str, database: "Database") -> None:
    database.execute(f"create role {role_name} login")
    for verb in (prepare, remove):
        with pytest.raises(UserError, match="that pgclinic did not make"):
            drive(verb(database.conninfo, role=role_name))


def test_a_schema_of_somebody_else_is_left_alone(role_name: str, database: "Database") -> None:
    database.execute(f"create role {role_name} login; create schema pgclinic authorization {role_name}")
    with pytest.raises(UserError, match=f"belongs to {role_name}"):
        drive(prepare(database.conninfo, role=f"{role_name}_monitor"))
    database.execute("drop schema pgclinic")


def test_a_helper_that_does_not_run_as_its_owner_is_never_called(role_name: str, database: "Database") -> None:
    """Whoever may create functions in schema pgclinic must not run code with the visitor's rights."""
    database.execute(SCHEMA)
    database.execute(f"create role {role_name} login password 'pw' in role pg_monitor")
    database.execute("create schema pgclinic; grant usage on schema pgclinic to public")
    database.execute(
        "create function pgclinic.sees(oid) returns bool language plpgsql as $$begin raise 'sprung'; end$$;"
        "create function pgclinic.column_statistics_with_values() returns int language plpgsql "
        "as $$begin raise 'sprung'; end$$"
    )
    snapshot = visit_as(database, role_name)
    assert not [spot for spot in snapshot.blind_spots if "prung" in spot.reason]


def test_two_databases_share_the_role(role_name: str, database_on: object) -> None:
    first, second = (database_on(18) for _ in range(2))  # type: ignore[operator]
    for database in (first, second):
        drive(prepare(database.conninfo, role=role_name, password="pw"))
    kept = drive(remove(first.conninfo, role=role_name)).kept
    assert kept == (f"Role {role_name} is used in {second.name} too and stays.",)
    assert drive(verify(second.conninfo, role=role_name, password="pw")).connected_by == "login"
    assert drive(remove(second.conninfo, role=role_name)).kept == ()
    assert second.execute("select from pg_roles where rolname = %s", [role_name]) == []


def test_without_a_password_it_is_looked_by_set_role(
    role_name: str, database: "Database", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.setenv("PGPASSFILE", "/nonexistent")
    database.execute(SCHEMA)
    drive(prepare(database.conninfo, role=role_name))
    found = drive(verify(database.conninfo, role=role_name))
    assert (found.connected_by, found.is_read_only) == ("set role", None)
    assert found.failure.startswith("Cannot connect")
    assert found.with_values == 3
    drive(remove(database.conninfo, role=role_name))
    with pytest.raises(UserError, match="There is no role"):
        drive(verify(database.conninfo, role=role_name))


@pytest.mark.parametrize("journal_first", [True, False])
def test_the_journal_and_the_helpers_share_a_schema(
    role_name: str, database: "Database", tmp_path: "Path", *, journal_first: bool
) -> None:
    def journal(connection: psycopg.Connection) -> Journal:
        return Journal(connection, JournalFile.open("", 0, tmp_path))

    before = dump_of(database)
    if not journal_first:
        drive(prepare(database.conninfo, role=role_name))
    with open_session(database.conninfo, read_only=False) as connection:
        journal(connection).make()
        if journal_first:
            drive(prepare(database.conninfo, role=role_name))
        kept = drive(remove(database.conninfo, role=role_name)).kept
        assert "holds the journal" in kept[0]
        journal(connection).purge()
        assert dump_of(database) == before
        drive(prepare(database.conninfo, role=role_name))
        journal(connection).make()
        journal(connection).purge()
    drive(remove(database.conninfo, role=role_name))
    assert dump_of(database) == before


def test_who_may_not_make_roles_is_told_so(role_name: str, database: "Database") -> None:
    database.execute(f"create role {role_name} login password 'pw'")
    before = dump_of(database)
    with pytest.raises(UserError, match=r"Nothing was changed: permission denied to create role; .*--print-sql"):
        drive(prepare(database.conninfo_as(role_name, "pw"), role=f"{role_name}_monitor"))
    assert dump_of(database) == before


def test_a_wrong_password_is_no_success(role_name: str, database: "Database") -> None:
    drive(prepare(database.conninfo, role=role_name, password="pw"))
    found = drive(verify(database.conninfo, role=role_name, password="other"))
    assert (found.connected_by, found.is_complete) == ("", False)
    assert "password authentication failed" in found.failure
    drive(remove(database.conninfo, role=role_name))
