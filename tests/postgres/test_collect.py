"""What a visit brings home, on every supported major version."""

import threading
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgclinic.model.errors import UserError
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.sql import quote
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from tests.conftest import Database

pytestmark = pytest.mark.server

LONGEST = "n" * 63
RICH = f"""
create extension pg_stat_statements;
create extension hstore;
create schema "Mixed Case 🐘";
create type mood as enum ('sad', 'it''s ok', 'happy');
create domain positive as integer default 1 not null check (value > 0);
create type pair as (a int, "B b" text);
create type span as range (subtype = numeric);
create table customer (
    id bigint generated always as identity primary key,
    name text collate "C" not null,
    "E-Mail" text,
    feeling mood,
    many positive,
    born date,
    tags text[],
    document jsonb,
    shout text generated always as (upper(name)) stored,
    parent bigint references customer,
    constraint "no ☃" check (name <> '☃')
);
create index customer_lower on customer (lower(name) desc nulls last, born) include (many) where born is not null;
create index customer_pattern on customer ("E-Mail" text_pattern_ops, name collate "POSIX");
create index customer_document on customer using gin (document jsonb_path_ops);
create index customer_sum on customer ((many + 1)) with (fillfactor = 70);
create statistics customer_both (ndistinct, dependencies) on name, born from customer;
create table "Mixed Case 🐘"."{LONGEST}" ("select" int primary key, "dot.ted" text unique);
create table measured (at timestamptz not null, value float8) partition by range (at);
create table measured_2026 partition of measured for values from ('2026-01-01') to ('2027-01-01');
create table measured_rest partition of measured default;
create index measured_at on measured (at);
create table ancestor (a int);
create table heir (b int) inherits (ancestor);
create unlogged table fleeting (a int) with (autovacuum_enabled = off, fillfactor = 90);
create foreign data wrapper nowhere;
create server elsewhere foreign data wrapper nowhere;
create foreign table distant (a int) server elsewhere;
create view adults as select id, name from customer where born < '2008-01-01';
create materialized view summary as select feeling, count(*) from customer group by feeling;
create function touched() returns trigger language plpgsql as 'begin return new; end';
create function plus(a int default 42) returns int language sql immutable as 'select a + 1';
create procedure nothing() language sql as 'select 1';
create aggregate total(int) (sfunc = int4pl, stype = int);
create trigger touch before update on customer for each row when (new.name <> 'x') execute function touched();
alter table customer enable row level security;
create policy mine on customer for select to public using (name = current_user);
create sequence free_running maxvalue 1000;
select nextval('free_running');
insert into customer (name, feeling, many, born) select 'n' || g, 'happy', g, '2000-01-01'::date + g
from generate_series(1, 500) g;
insert into measured select '2026-01-01'::timestamptz + g * interval '1 hour', g from generate_series(0, 500) g;
create table never_analysed (a int primary key);
create temporary table mine_alone (a int);
analyze customer, measured;
"""


def visit(database: "Database", *, values: bool = True) -> Snapshot:
    with open_session(database.conninfo) as connection:
        return drive(collect(connection, values=values))


def test_a_rich_schema_is_seen_whole(database_on_every: "Database") -> None:
    database_on_every.execute(RICH)
    snapshot = visit(database_on_every)

    assert snapshot.blind_spots == ()
    assert snapshot.server.major == database_on_every.major
    assert snapshot.server.database == database_on_every.name
    assert snapshot.server.system_identifier
    assert snapshot.server.visitor_is_superuser
    assert snapshot.header.clock.endswith("+00:00")
    kinds = {str(relation.relation_name): relation.kind for relation in snapshot.relations}
    assert kinds == {
        "customer": "r",
        f"Mixed Case 🐘.{LONGEST}": "r",
        "measured": "p",
        "measured_2026": "r",
        "measured_rest": "r",
        "ancestor": "r",
        "heir": "r",
        "fleeting": "r",
        "distant": "f",
        "adults": "v",
        "summary": "m",
        "never_analysed": "r",
    }


def test_columns_and_types(database_on_every: "Database") -> None:
    database_on_every.execute(RICH)
    snapshot = visit(database_on_every)

    customer = snapshot.relation_by_name[RelationName("public", "customer")]
    columns = {column.name: column for column in snapshot.columns_of[customer.oid]}
    assert columns["id"].identity == "a"
    assert columns["name"].collation == 'pg_catalog."C"'
    assert columns["E-Mail"].collation == ""
    assert columns["feeling"].type == "public.mood"
    assert columns["shout"].generated == "s"
    assert columns["shout"].default == "upper(name)"
    assert {user_type.name: user_type.kind for user_type in snapshot.types} == {
        "mood": "e",
        "positive": "d",
        "pair": "c",
        "span": "r",
    }
    by_name = {user_type.name: user_type for user_type in snapshot.types}
    assert by_name["mood"].labels == ("sad", "it's ok", "happy")
    assert by_name["positive"].checks == ("CHECK ((VALUE > 0))",)
    assert by_name["pair"].fields == ("a integer", '"B b" text')


def test_indexes_are_taken_apart_and_come_out_the_same_again(database_on_every: "Database") -> None:
    database_on_every.execute(RICH)
    snapshot = visit(database_on_every)

    by_name = {index.name: index for index in snapshot.indexes}
    lower = by_name["customer_lower"].definition
    assert [(key.expression, key.is_column) for key in lower.keys] == [("lower(name)", False), ("born", True)]
    assert (lower.keys[0].descending, lower.keys[0].nulls_first) == (True, False)
    assert lower.include == ("many",)
    assert lower.predicate == "(born IS NOT NULL)"
    pattern = by_name["customer_pattern"].definition
    assert [key.opclass for key in pattern.keys] == ["text_pattern_ops", ""]
    assert [key.collation for key in pattern.keys] == ["", 'pg_catalog."POSIX"']
    assert by_name["customer_document"].definition.keys[0].opclass == "jsonb_path_ops"
    assert by_name["customer_sum"].definition.options == ("fillfactor=70",)
    assert by_name["customer_pkey"].constraint == "customer_pkey"
    assert by_name["measured_at"].is_partitioned
    assert by_name["measured_2026_at_idx"].parent == by_name["measured_at"].oid
    for index in snapshot.indexes:
        if index.is_partitioned:
            continue
        remade = quote.relation(RelationName(index.schema, "remade"))
        with database_on_every.connect() as connection:
            connection.execute(quote.create_index(index.definition, "remade"))
            connection.execute("set search_path = pg_catalog")
            [(sql,)] = connection.execute("select pg_get_indexdef(%s::regclass)", [remade]).fetchall()
            connection.execute(f"drop index {remade}")
        assert sql == index.sql.replace(f" {quote.identifier(index.name)} ON ", " remade ON ", 1)


def test_sizes_statistics_and_ends(database_on_every: "Database") -> None:
    database_on_every.execute(RICH)
    snapshot = visit(database_on_every)

    customer = snapshot.relation_by_name[RelationName("public", "customer")]
    [(pages, size)] = database_on_every.execute(
        "select relpages, pg_total_relation_size(oid) from pg_class where oid = 'customer'::regclass"
    )
    assert (customer.pages, customer.total_bytes) == (pages, size)
    assert customer.tuples == 500
    never = snapshot.relation_by_name[RelationName("public", "never_analysed")]
    assert never.tuples == (-1 if database_on_every.major >= 14 else 0)
    statistics = snapshot.statistics_of
    assert statistics[(customer.oid, "many", False)].n_distinct == -1
    assert str(statistics[(customer.oid, "born", False)].histogram_bounds).startswith("{2000-01-02,")
    measured = snapshot.relation_by_name[RelationName("public", "measured")]
    assert (measured.oid, "at", True) in statistics
    lower = next(index for index in snapshot.indexes if index.name == "customer_lower")
    assert (lower.oid, "lower", False) in statistics
    ends = {(record.relation, record.column): (record.low, record.high) for record in snapshot.column_ends}
    assert ends[(customer.oid, "id")] == ("1", "500")
    leaf = snapshot.relation_by_name[RelationName("public", "measured_2026")]
    assert ends[(leaf.oid, "at")] == ("2026-01-01 00:00:00+00", "2026-01-21 20:00:00+00")
    assert ends[(never.oid, "a")] == (None, None)


def test_views_functions_policies_and_the_rest(database_on_every: "Database") -> None:
    database_on_every.execute(RICH)
    snapshot = visit(database_on_every)

    adults = snapshot.relation_by_name[RelationName("public", "adults")]
    assert "FROM public.customer" in (adults.definition or "")
    measured = snapshot.relation_by_name[RelationName("public", "measured")]
    assert measured.partition_key == "RANGE (at)"
    leaf = snapshot.relation_by_name[RelationName("public", "measured_2026")]
    assert leaf.parents == (measured.oid,)
    assert "2026-01-01 00:00:00+00" in (leaf.partition_bound or "")
    assert [function.name for function in snapshot.functions if function.sql] == ["touched", "plus", "nothing", "total"]
    (total,) = (function for function in snapshot.functions if function.kind == "a")
    assert total.sql == "CREATE AGGREGATE public.total(integer) (SFUNC = int4pl, STYPE = integer)"
    assert [trigger.function for trigger in snapshot.triggers] == ["public.touched"]
    assert [(policy.command, policy.roles) for policy in snapshot.policies] == [("SELECT", ("public",))]
    assert {sequence.name: sequence.last_value for sequence in snapshot.sequences} == {
        "customer_id_seq": 500,
        "free_running": 1,
    }
    assert [record.name for record in snapshot.extended_statistics] == ["customer_both"]
    assert {extension.name for extension in snapshot.extensions} >= {"plpgsql", "hstore", "pg_stat_statements"}
    assert all("pgclinic" not in statement.text for statement in snapshot.statements)
    assert any("insert into customer" in statement.text for statement in snapshot.statements)
    assert snapshot.setting["work_mem"].unit == "kB"
    assert snapshot.setting["jit"].value == "off"  # the server's, not the visit's
    assert snapshot.setting["max_parallel_workers_per_gather"].value == "2"


def test_an_empty_database(database_on_every: "Database") -> None:
    snapshot = visit(database_on_every)

    assert snapshot.relations == ()
    assert [spot.grant for spot in snapshot.blind_spots] == ["create extension pg_stat_statements"]


def test_a_visit_gives_the_same_again(database: "Database") -> None:
    database.execute(RICH)
    first, second = visit(database), visit(database)

    def structure(snapshot: Snapshot) -> tuple[object, ...]:
        return (snapshot.relations, snapshot.columns, snapshot.column_statistics, snapshot.column_ends)

    assert structure(first) == structure(second)


def test_what_is_not_the_users_is_left_out(database: "Database") -> None:
    database.execute("create schema pgclinic; create table pgclinic.journal (a int primary key)")
    database.execute("create extension pg_stat_statements; create table kept (a int)")
    snapshot = visit(database)

    assert [str(relation.relation_name) for relation in snapshot.relations] == ["kept"]
    assert [schema.name for schema in snapshot.schemas] == ["public"]
    assert snapshot.indexes == ()


def test_a_view_that_is_broken_by_its_search_path_is_spelled_out(database: "Database") -> None:
    database.execute("create schema other; create table other.t (a int); set search_path = other")
    database.execute("create view public.v as select a from other.t")
    database.execute(f"alter database {database.name} set search_path = other, public")
    snapshot = visit(database)

    assert snapshot.relation_by_name[RelationName("public", "v")].definition == " SELECT a\n   FROM other.t;"


def test_nothing_is_written(database_on_each: "Database") -> None:
    database_on_each.execute(RICH)
    traces = """
        select pg_current_wal_insert_lsn(), pg_snapshot_xmax(pg_current_snapshot()),
               (select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_all_tables)
    """

    def leaves_no_trace() -> bool:
        before = database_on_each.execute(traces)
        visit(database_on_each)
        return database_on_each.execute(traces) == before

    # The server itself writes now and then: any reader prunes catalog pages, and the checkpointer logs what runs.
    assert any(leaves_no_trace() for _ in range(5))


def test_a_session_that_is_killed_gets_a_sentence(database: "Database") -> None:
    with open_session(database.conninfo) as connection:
        steps = collect(connection)
        next(steps)
        with database.connect() as other:
            other.execute("select pg_terminate_backend(%s, 5000)", [connection.info.backend_pid])
        with pytest.raises(UserError, match="ended early"):
            drive(steps)


def test_concurrent_changes_of_the_schema_do_not_end_the_visit(database: "Database") -> None:
    stop = threading.Event()

    def churn() -> None:
        with psycopg.connect(database.conninfo, autocommit=True) as connection:
            while not stop.is_set():
                connection.execute(
                    "create table churn (a int primary key, b text check (b <> '')); create index on churn (lower(b))"
                )
                connection.execute("create view churned as select * from churn")
                connection.execute("drop table churn cascade")

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(20):
            snapshot = visit(database)
            oids = {relation.oid for relation in snapshot.relations}
            assert {column.relation for column in snapshot.columns} <= oids
    finally:
        stop.set()
        thread.join()


def test_our_own_statements_are_left_out(database_on_every: "Database") -> None:
    database_on_every.execute("create extension pg_stat_statements; create table t (a int primary key)")
    database_on_every.execute("select a from t where a = 4711")
    visit(database_on_every)
    snapshot = visit(database_on_every)

    texts = [statement.text for statement in snapshot.statements]
    assert any("from t where a = $1" in text for text in texts)
    assert [text for text in texts if "pgclinic" in text or "pg_catalog" in text] == []
    assert snapshot.statement_coverage is not None
    assert snapshot.statement_coverage.entries == len(snapshot.statements)
