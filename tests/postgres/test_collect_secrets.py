"""No secret of the server, and on request no value of the user's data, is in a snapshot."""

import gzip
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgclinic.instance import start
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.snapshot_file import write
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from tests.conftest import Database, Servers

pytestmark = pytest.mark.server

SECRET = "hunter2secret"


def text_of(snapshot: Snapshot) -> str:
    return gzip.decompress(b"".join(write(snapshot))).decode()


@pytest.mark.parametrize("major", [13, 15, 17, 18])
def test_no_secret_of_the_server_comes_along(server: "Servers", major: int) -> None:
    settings = {
        "shared_preload_libraries": "pg_stat_statements",
        "pg_stat_statements.track": "all",
        "pg_stat_statements.track_utility": "on",
        "primary_conninfo": f"host=primary user=replicator password={SECRET}",
        "archive_command": f"push --token {SECRET}",
        "restore_command": f"pull --token {SECRET}",
        "ssl_passphrase_command": f"echo {SECRET}",
        "my.token": SECRET,
    }
    with start(server(major).binaries, settings=settings) as instance:
        with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
            for statement in (
                "create extension pg_stat_statements",
                f"create role app login password '{SECRET}'",
                f"alter role app password '{SECRET}'",
                f"create user other with encrypted password '{SECRET}'",
                f"alter role app set my.token = '{SECRET}'",
                f"alter database postgres set my.token = {SECRET}",
                f"set my.token = {SECRET}",
                "create foreign data wrapper w",
                f"create server s foreign data wrapper w options (token '{SECRET}')",
                f"create user mapping for app server s options (password '{SECRET}')",
                f"alter user mapping for app server s options (set password '{SECRET}')",
                f"create foreign table f (a int) server s options (key '{SECRET}')",
                f"create subscription s connection 'password={SECRET}' publication p with (connect=0, slot_name=none)",
                f"do $$ begin perform '{SECRET}'; end $$",
                f"copy (select 1) to program 'cat > /dev/null # {SECRET}'",
                f"create table t as select '{SECRET}'::text as a where false",
                f"select '{SECRET}'",
                f"explain select '{SECRET}'",
                f"prepare p as select '{SECRET}'",
                f"notify c, '{SECRET}'",
                f"comment on table t is '{SECRET}'",
            ):
                connection.execute(statement)
        with open_session(instance.conninfo()) as connection:
            snapshot = drive(collect(connection))

        assert len(snapshot.statements) > 5
        assert SECRET not in text_of(snapshot)
        assert instance.password not in text_of(snapshot)
        assert "SCRAM-SHA" not in text_of(snapshot)


CANARY = "canary4711"
NUMBER = "8675309"
VALUES = f"""
create extension pg_stat_statements;
create type level as enum ('low', 'high');
create domain limited as text default '{CANARY}' check (value <> '{CANARY}');
create function body(a text default '{CANARY}') returns text language sql immutable as $$select '{CANARY}'::text$$;
create function touch() returns trigger language plpgsql as $$begin return new; end$$;
create table t (
    id int primary key default {NUMBER}, a text default '{CANARY}', n numeric(10, 2) check (n <> {NUMBER}),
    g text generated always as (a || '{CANARY}') stored, check (a <> '{CANARY}'),
    exclude using btree (a with =) where (a <> '{CANARY}')
);
create index on t (a) where a = '{CANARY}';
create index on t ((a || '{CANARY}'));
create index with_options on t (id) with (fillfactor = 77) where n > -{NUMBER};
create statistics s on a, n from t;
create table listed (a text) partition by list (a);
create table listed_one partition of listed for values in ('{CANARY}');
create table ranged (a int) partition by range (a);
create table ranged_one partition of ranged for values from ({NUMBER}) to (9999999);
create table hashed (a int) partition by hash (a);
create table hashed_one partition of hashed for values with (modulus 4, remainder 3);
create view v as select * from t where a = '{CANARY}' or n = {NUMBER};
create materialized view m as select '{CANARY}'::text as c, {NUMBER} as d;
create trigger touched before update on t for each row when (new.a <> '{CANARY}')
    execute function touch('{CANARY}', '{NUMBER}');
alter table t enable row level security;
create policy p on t using (a = '{CANARY}' or id = {NUMBER}) with check (true);
insert into t (id, a, n) select {NUMBER} + g, '{CANARY}' || g, g from generate_series(1, 200) g;
insert into t (id, a, n) select -g, 'x' || g, {NUMBER} - g from generate_series(1, 200) g;
analyze t;
/* {CANARY} */ select count(*) /* {CANARY} */ from t where a = '{CANARY}' -- {CANARY}
"""


def planted(database: "Database") -> None:
    for statement in VALUES.split(";\n"):
        database.execute(statement)


def test_without_values_no_literal_is_left(database_on_each: "Database") -> None:
    planted(database_on_each)
    with open_session(database_on_each.conninfo) as connection:
        snapshot = drive(collect(connection, values=False))

    text = text_of(snapshot)
    assert CANARY not in text
    assert NUMBER not in text
    assert snapshot.header.redactions == ("values", "statements")
    assert snapshot.column_ends == ()
    assert all(statistics.histogram_bounds is None for statistics in snapshot.column_statistics)
    assert any(statistics.n_distinct for statistics in snapshot.column_statistics)


def test_without_values_the_shape_of_definitions_is_left(database: "Database") -> None:
    planted(database)
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection, values=False))

    by_name = {index.name: index for index in snapshot.indexes}
    assert "fillfactor='77'" in by_name["with_options"].sql
    assert "numeric(10,2)" in {column.type for column in snapshot.columns}
    bounds = {relation.name: relation.partition_bound for relation in snapshot.relations if relation.partition_bound}
    assert bounds["hashed_one"] == "FOR VALUES WITH (modulus 4, remainder 3)"
    assert (bounds["listed_one"] or "").startswith("FOR VALUES IN ($")
    assert snapshot.policies[0].with_check == "true"
    assert snapshot.types[0].labels == ("low", "high")
    assert all(function.sql is None for function in snapshot.functions)
    definitions = {relation.name: relation.definition for relation in snapshot.relations if relation.definition}
    assert "WHERE" in definitions["v"]
    assert any("count(*)" in statement.text and "/*" not in statement.text for statement in snapshot.statements)


STATEMENTS = [
    f"select count(*) from t where a = '{CANARY}' and id = {NUMBER}",
    f"select count(*) from t where a = E'{CANARY}\\n' or a = $${CANARY}$$ or a = U&'{CANARY}!0041' uescape '!'",
    f"select a from t where n > {NUMBER}.5 and id < -{NUMBER} limit {NUMBER} offset {NUMBER}",
    f"select /* {CANARY} /* nested {NUMBER} */ */ a -- {CANARY}\n from t",
    f"select interval '{NUMBER} days', date '2001-01-01' + {NUMBER}, array['{CANARY}', 'b'], '\"{CANARY}\"'::jsonb",
    f"insert into t (id, a) values ({NUMBER}5, 'x{CANARY}') on conflict do nothing",
    f"update t set a = 'y{CANARY}' where id = {NUMBER}5",
    f"delete from t where id = {NUMBER}5 and a = '{CANARY}'",
    f"explain select * from t where a = '{CANARY}' and id = {NUMBER}",
    f"prepare p{{n}} as select * from t where a = '{CANARY}' and id = {NUMBER}",
    f"create table made{{n}} as select '{CANARY}'::text as a, {NUMBER} as b",
    f"comment on table t is '{CANARY}'",
    f"copy (select '{CANARY}', {NUMBER}) to stdout",
    f"do $$begin perform '{CANARY}', {NUMBER}; end$$",
    f"call nothing('{CANARY}', {NUMBER})",
    f"alter table t alter column a set default '{CANARY}'",
    f"create index named{{n}} on t (id) where a <> '{CANARY}' and id <> {NUMBER}",
    f"create view seen{{n}} as select * from t where a = '{CANARY}'",
    f"select set_config('my.value', '{CANARY}', false)",
    f"notify c, '{CANARY}'",
    f"with x as (select '{CANARY}'::text as a union all select $x${CANARY}$x$) select * from x where a ~ '{CANARY}'",
    f"select nullif(a, '{CANARY}') from t where id = {NUMBER} order by '{CANARY}' || a fetch first {NUMBER} rows only",
    f"select b'1', x'{NUMBER}', 1.{NUMBER}e3 from t tablesample bernoulli (1) repeatable ({NUMBER})",
]
"""Queries and utility statements, every way of writing a constant."""


@pytest.mark.parametrize("values", [True, False], ids=["redact", "no-values"])
def test_no_constant_of_a_statement_is_left(database_on_each: "Database", *, values: bool) -> None:
    planted(database_on_each)
    database_on_each.execute("create procedure nothing(a text, b int) language sql as 'select 1'")
    with database_on_each.connect() as connection:
        connection.execute("set pg_stat_statements.track = 'all'; set pg_stat_statements.track_utility = on")
        for number, statement in enumerate(STATEMENTS):
            if statement.startswith("copy"):
                with connection.cursor().copy(statement) as copied:
                    assert list(copied)
            else:
                connection.execute(statement.replace("{n}", str(number)))
    with open_session(database_on_each.conninfo) as connection:
        snapshot = drive(collect(connection, values=values, redacted=True))

    texts = [statement.text for statement in snapshot.statements]
    assert len(texts) > len(STATEMENTS)
    assert [text for text in texts if CANARY in text or NUMBER in text] == []
    assert [text for text in texts if "/*" in text.replace("/*, ... */", "") or "--" in text] == []
    assert any(text.startswith("select count(*) from t where a = $") for text in texts)
    assert any(text.startswith("update t set a = $") for text in texts)
    assert any(text.lower().startswith("explain select") for text in texts)
    assert "statements" in snapshot.header.redactions
    whole = text_of(snapshot)
    assert (CANARY in whole) == values
    assert (NUMBER in whole) == values


def test_an_error_that_quotes_a_value_is_told_by_its_code(database: "Database") -> None:
    planted(database)
    with database.connect() as connection:
        connection.execute("set allow_system_table_mods = on")
        [(definition,)] = connection.execute(
            "select pg_get_viewdef('pg_catalog.pg_stat_database'::regclass)"
        ).fetchall()
        columns = [
            name
            for (name,) in connection.execute(
                "select attname from pg_attribute where attrelid = 'pg_catalog.pg_stat_database'::regclass "
                "and attnum > 0 order by attnum"
            ).fetchall()
        ]
        broken = ", ".join(
            "case when datid is null then blks_hit else ('' || datname || 'canary4711')::bigint end as blks_hit"
            if name == "blks_hit"
            else name
            for name in columns
        )
        connection.execute(
            f"create or replace view pg_catalog.pg_stat_database as select {broken} "
            f"from ({definition.rstrip('; ')}) own"
        )
    with open_session(database.conninfo) as connection:
        told, kept = drive(collect(connection)), drive(collect(connection, values=False))
    assert CANARY in next(spot.reason for spot in told.blind_spots if spot.subject == "database_counters")
    assert CANARY not in text_of(kept)
    assert {spot.facts[0].value for spot in kept.blind_spots if spot.subject == "database_counters"} == {"22P02"}


def test_with_values_they_are_there(database: "Database") -> None:
    planted(database)
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))

    assert text_of(snapshot).count(CANARY) > 20
