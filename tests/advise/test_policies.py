"""The policies adviser: the same rows for less work, on real servers."""

import itertools
import random
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest

import renaming
from pgclinic.advise.policies.proving import proof_of
from pgclinic.advise.policies.rewriting import rewritten
from pgclinic.model.names import RelationName
from pgclinic.model.prescription import Course, EqualRows, Risk
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.treatment import State
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.postgres.equal_rows import compared
from pgclinic.remedies import rewrite_policies
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import prescribe
from pgclinic.verbs.treat import treat
from pgclinic.verbs.undo import undo

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Database

pytestmark = pytest.mark.server

_FUNCTIONS = """
    create schema ident;
    create function ident.who() returns text language sql stable
        as $$ select coalesce(nullif(current_setting('app.who', true), ''), 'nobody') $$;
    create function ident.number() returns integer language plpgsql stable
        as $$ begin return coalesce(nullif(current_setting('app.number', true), ''), '0')::integer; end $$;
    create function ident.dice() returns integer language sql volatile as $$ select 4 $$;
"""
_CONDITIONS = (
    "ident.who() = 'ann'",
    "ident.who() = 'bob'",
    "ident.who() in ('ann', 'cy')",
    "owner = ident.who()",
    "number = ident.number() and ident.who() <> 'bob'",
    "owner = coalesce(nullif(current_setting('app.who', true), ''), 'ann')",
    "(number % 7) = (ident.number() + 1) or ident.dice() > number",
    "number = any (array[ident.number(), 3])",
    "not (ident.who() = 'cy')",
    "exists (select from lists where lists.owner = ident.who() and lists.number = notes.number)",
)


def seen(database: "Database") -> Snapshot:
    with open_session(database.conninfo) as connection:
        return drive(collect(connection))


def advised(snapshot: Snapshot) -> Course:
    return drive(prescribe(snapshot, kinds=("policies",)))


def made(database: "Database", *policies: str, rows: int = 20_000) -> None:
    database.execute(_FUNCTIONS)
    database.execute(
        f"""
        create table lists as select n as number, (array['ann', 'bob'])[1 + n % 2] as owner
            from generate_series(1, 20) n;
        create table notes as select n as id, n % 50 as number,
                   case when n % 11 > 0 then (array['ann', 'bob', 'cy', 'dee'])[1 + n % 4] end as owner
            from generate_series(1, {rows}) n;
        alter table notes enable row level security;
        grant select on lists, notes to public;
        grant usage on schema ident to public;
        """
    )
    for policy in policies:
        database.execute(policy)
    database.execute("analyze")


def policies_of(database: "Database") -> list[tuple[Any, ...]]:
    return database.execute("select policyname, permissive, roles, cmd, qual, with_check from pg_policies order by 1")


def rows_of(database: "Database", role: str) -> dict[tuple[str, str], list[Any]]:
    """What the role sees, and may do, under each of the settings that conditions read."""
    found = {}
    with database.connect() as connection:
        for who, number in itertools.product(("", "ann", "bob", "cy", "eve"), ("", "3")):
            with connection.transaction(force_rollback=True):
                connection.execute(
                    "select set_config('app.who', %s, true), set_config('app.number', %s, true)", [who, number]
                )
                connection.execute(psycopg.sql.SQL("set local role {}").format(psycopg.sql.Identifier(role)))
                answers = [connection.execute("select id from notes order by id").fetchall()]
                for statement in (
                    "update notes set id = id returning id",
                    "delete from notes returning id",
                    "insert into notes values (-1, 3, 'ann') returning id",
                    "insert into notes values (-1, 5, 'cy') returning id",
                ):
                    try:
                        with connection.transaction(force_rollback=True):
                            answers.append(sorted(connection.execute(statement).fetchall()))
                    except psycopg.errors.InsufficientPrivilege as error:
                        answers.append([str(error.diag.message_primary)])
                found[who, number] = answers
    return found


def random_policies(chance: random.Random, role: str) -> list[str]:
    found = ["create policy \"first\" on notes for all using (ident.who() = 'ann')"]
    for number in range(chance.randint(2, 5)):
        command = chance.choice(["all", "all", "select", "select", "insert", "update", "delete"])
        using = "" if command == "insert" else f"using ({chance.choice(_CONDITIONS)})"
        may_check = command in {"all", "update"} and chance.random() < 0.4
        check = f"with check ({chance.choice(_CONDITIONS)})" if command == "insert" or may_check else ""
        kind = chance.choice(["permissive", "permissive", "permissive", "restrictive"])
        to = chance.choice(["public", role, "public"])
        found.append(f'create policy "number {number}" on notes as {kind} for {command} to {to} {using} {check}')
    return found


def test_rewritten_policies_let_the_same_rows_through(role_name: str, database_on_each: "Database") -> None:
    database, chance = database_on_each, random.Random("policies")
    database.execute(f"create role {role_name} nologin")
    made(database, rows=400)
    database.execute(f"grant insert, update, delete on notes to {role_name}")
    for _ in range(4):
        had = random_policies(chance, role_name)
        for policy in had:
            database.execute(policy)
        snapshot, before, rows = seen(database), policies_of(database), rows_of(database, role_name)
        table = snapshot.relation_by_name[RelationName("public", "notes")]
        old, new = snapshot.policies_of[table.oid], rewritten(snapshot, table)
        cure, question = rewrite_policies.remedy(table, old, new), proof_of(snapshot, table, old, new)
        assert question is not None
        with database.connect() as connection:
            assert compared(connection, question).is_equal, (had, question)
        assert database.execute(cure.verify) == [(False,)]
        for statement in cure.do:
            database.execute(statement.sql)
        assert database.execute(cure.verify) == [(True,)]
        assert rows_of(database, role_name) == rows, (had, new)
        for statement in cure.undo:
            database.execute(statement.sql)
        assert policies_of(database) == before
        assert database.execute(cure.verify) == [(False,)]
        for policy in old:
            database.execute(f'drop policy "{policy.name}" on notes')


def test_a_treatment_compares_the_rows_and_can_be_taken_back(
    role_name: str, database_on_each: "Database", tmp_path: "Path", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    database = database_on_each
    database.execute(f"create role {role_name} nologin")
    made(
        database,
        "create policy own on notes using (owner = ident.who())",
        "create policy ann on notes for select using (ident.who() = 'ann')",
    )
    before, had = rows_of(database, role_name), policies_of(database)
    course = advised(seen(database))
    treatment = drive(treat(database.conninfo, course))
    assert [entry.state for entry in treatment.entries] == [State.DONE], treatment.entries
    assert "the same rows under" in treatment.entries[0].note
    assert policies_of(database) != had
    assert rows_of(database, role_name) == before
    drive(undo(database.conninfo))
    assert policies_of(database) == had


def test_nothing_is_left_to_rewrite_after_the_treatment(role_name: str, database: "Database") -> None:
    database.execute(f"create role {role_name} nologin")
    made(
        database,
        "create policy own on notes using (owner = ident.who())",
        "create policy ann on notes for select using (ident.who() = 'ann')",
    )
    course = advised(seen(database))
    for statement in course.prescriptions[0].do:
        database.execute(statement.sql)
    assert not advised(seen(database)).prescriptions


@pytest.mark.parametrize(
    "policies",
    [
        ["create policy own on notes using (owner = (select ident.who()))"],
        ["create policy own on notes using (number > 3)"],
        ["create policy open on notes for select using (true)", "create policy own on notes using (id > 3)"],
        ["create policy dice on notes using (number > ident.dice())"],
        [],
    ],
)
def test_policies_that_need_nothing_are_left_alone(role_name: str, database: "Database", policies: list[str]) -> None:
    database.execute(f"create role {role_name} nologin")
    made(database, *policies)
    assert not advised(seen(database)).prescriptions


def test_what_is_true_for_everyone_is_left_to_its_owner(role_name: str, database: "Database") -> None:
    database.execute(f"create role {role_name} nologin")
    made(database, "create policy open on notes using (true)", "create policy own on notes using (owner = ident.who())")
    course = advised(seen(database))
    (refused,) = [each for each in course.declined if each.object.kind == "policy"]
    assert (refused.adviser, refused.object.name) == ("policies", "open")
    assert not course.prescriptions


def test_roles_that_a_condition_names_are_said_with_to_unless_a_view_could_tell(
    role_name: str, database: "Database"
) -> None:
    database.execute(f"create role {role_name} nologin")
    made(database, f"create policy own on notes using (current_user = '{role_name}' and ident.who() = owner)")
    (item,) = advised(seen(database)).prescriptions
    assert item.do[0].sql.startswith(f"alter policy own on public.notes to {role_name} using (")
    assert item.equal_rows is None
    assert item.risk is Risk.MEDIUM
    database.execute("create view someone as select * from notes")
    (item,) = advised(seen(database)).prescriptions
    assert item.do[0].sql.startswith("alter policy own on public.notes using (")


def test_a_column_that_policies_ask_for_gets_the_index_that_the_planner_would_use(
    role_name: str, database: "Database"
) -> None:
    database.execute(f"create role {role_name} nologin")
    made(database, "create policy own on notes using (number = (select ident.number()))")
    (item,) = advised(seen(database)).prescriptions
    assert [statement.sql for statement in item.do] == [
        "create index concurrently notes_number_idx on public.notes (number)"
    ]


def test_renaming_every_table_and_column_gives_the_same_policies(role_name: str, database: "Database") -> None:
    database.execute(f"create role {role_name} nologin")
    made(
        database,
        "create policy own on notes using (owner = ident.who())",
        "create policy ann on notes for select using (ident.who() = 'ann')",
    )
    snapshot = seen(database)
    other, names = renaming.renamed(snapshot)
    (item,), (renamed_item,) = (advised(each).prescriptions for each in (snapshot, other))
    assert [renaming._in_sql(statement.sql, names) for statement in item.do] == [
        statement.sql.replace("public.", "public.") for statement in renamed_item.do
    ]


def test_only_one_whom_row_level_security_does_not_bind_may_compare(role_name: str, database: "Database") -> None:
    database.execute(f"create role {role_name} login password 'x'")
    made(database, "create policy own on notes using (owner = ident.who())")
    (item,) = advised(seen(database)).prescriptions
    assert item.equal_rows is not None
    with psycopg.connect(database.conninfo_as(role_name, "x"), autocommit=True) as connection:
        comparison = compared(connection, item.equal_rows)
    assert comparison.is_equal is None
    assert "row-level security" in comparison.refusals[0]
    other = msgspec.structs.replace(item.equal_rows, sql="select count(*) from notes where id < 5")
    with database.connect() as connection:
        assert compared(connection, other).is_equal is False


def test_a_treatment_that_would_show_other_rows_is_not_begun(
    role_name: str, database: "Database", tmp_path: "Path", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    database.execute(f"create role {role_name} nologin")
    made(database, "create policy own on notes using (owner = ident.who())")
    course, had = advised(seen(database)), policies_of(database)
    question = EqualRows(sql="select count(*) from notes where id < 5")
    item = msgspec.structs.replace(course.prescriptions[0], equal_rows=question)
    treatment = drive(treat(database.conninfo, msgspec.structs.replace(course, prescriptions=(item,))))
    assert [entry.state for entry in treatment.entries] == [State.FAILED]
    assert "4 differ" in treatment.entries[0].error
    assert policies_of(database) == had
