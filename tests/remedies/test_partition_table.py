"""A table turned into a partitioned one, and back: its schema, its rows, and whoever uses it meanwhile."""

from typing import TYPE_CHECKING, Any

import pytest

from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.treatment import State
from pgclinic.remedies import partition_table
from pgclinic.remedies.partition_table import Division
from pgclinic.verbs.driving import drive
from pgclinic.verbs.treat import treat
from pgclinic.verbs.undo import undo
from treating import course_of, of_remedy, schema_of, states

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Database

pytestmark = pytest.mark.server

TABLE = """
    create table customers (id int primary key);
    insert into customers select generate_series(1, 10);
    create table events (
        number serial,
        id uuid default gen_random_uuid(),
        gone int,
        kind text not null default 'call' check (kind <> ''),
        customer int references customers,
        at timestamptz not null default now(),
        shout text generated always as (upper(kind)) stored,
        touched int not null default 0,
        place int generated always as identity (start with 7 increment by 3 cache 2),
        constraint "Key of events" primary key (id)
    ) with (fillfactor = 90, toast.autovacuum_enabled = off);
    alter table events drop column gone;
    create unique index events_number_at on events (at, number);
    create index events_kind on events using hash (kind);
    create index events_recent on events (lower(kind)) where customer is not null;
    create statistics events_together (dependencies) on kind, customer from events;
    alter table events alter column kind set statistics 500;
    alter table events alter column customer set (n_distinct = 10);
    alter table events replica identity full;
    comment on table events is 'all that happens';
    comment on column events.kind is 'what it is';
    comment on index events_kind is 'asked often';
    create function touch() returns trigger language plpgsql as $$
        begin new.touched := old.touched + 1; return new; end$$;
    create trigger touch before update on events for each row execute function touch();
    create function noted() returns trigger language plpgsql as $$begin return null; end$$;
    create trigger noted after insert on events for each statement execute function noted();
    alter table events disable trigger noted;
    create policy own on events for select to public using (kind <> 'secret');
    create policy writing on events as restrictive for insert with check (kind <> 'forged');
    alter table events enable row level security;
    create view calls with (security_barrier = true) as select id, kind, at from events where kind = 'call';
    create view later as select * from calls where at > '2026-01-01';
    create publication everything for table events with (publish_via_partition_root = true);
    insert into events (kind, customer, at)
    select 'call', n % 10 + 1, now() - n * interval '1 hour' from generate_series(1, 2000) as n;
    analyze events;
"""
RIGHTS = """
    grant select, insert on events to {role} with grant option;
    grant update (kind) on events to {role};
    grant delete on events to public;
    alter default privileges in schema public grant all on tables to {role};
    alter default privileges in schema public grant select on tables to public;
    alter table events owner to {role};
"""
CARRIED = """
    select 'owner', relowner::regrole::text from pg_class where oid = 'events'::regclass
    union all select 'right', acl::text from pg_class, unnest(relacl) as acl where oid = 'events'::regclass
    union all select 'row security', relrowsecurity::text || relreplident::text from pg_class
      where oid = 'events'::regclass
    union all select 'comment', obj_description('events'::regclass, 'pg_class')
    union all select 'column', concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, attgenerated,
        attacl, array(select o from unnest(attoptions) as o where o not like 'pg_attver=%'),
        nullif(attstattarget, -1), attidentity,
        pg_get_expr(adbin, adrelid), col_description(attrelid, attnum))
      from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
      where attrelid = 'events'::regclass and attnum > 0 and not attisdropped
    union all select 'constraint', conname || pg_get_constraintdef(oid) from pg_constraint
      where conrelid = 'events'::regclass and contype in ('c', 'f')
    union all select 'key', conname from pg_constraint where conrelid = 'events'::regclass and contype = 'p'
    union all select 'index', substring(pg_get_indexdef(indexrelid), 'USING.*') from pg_index
      where indrelid = 'events'::regclass and not indisprimary
    union all select 'statistics', substring(pg_get_statisticsobjdef(oid), 'ON.*') from pg_statistic_ext
      where stxrelid = 'events'::regclass
    union all select 'trigger', pg_get_triggerdef(oid) || tgenabled::text from pg_trigger
      where tgrelid = 'events'::regclass and not tgisinternal
    union all select 'policy', concat_ws(' ', policyname, permissive, roles, cmd, qual, with_check) from pg_policies
      where tablename = 'events'
    union all select 'publication', pubname from pg_publication_tables where tablename = 'events'
    union all select 'view', viewname || definition from pg_views where schemaname = 'public'
    union all select 'sequence', pg_get_serial_sequence('events', 'number')
    union all select 'identity', concat_ws(' ', seqrelid::regclass, seqstart, seqincrement, seqcache, seqmax)
      from pg_sequence where seqrelid = pg_get_serial_sequence('events', 'place')::regclass
    order by 1, 2
"""
ROWS = "select count(*), sum(hashtext(e::text)::int8) from events as e"
KIND = "select relkind from pg_class where oid = 'events'::regclass"


def division(database: Any, **more: Any) -> Division:
    taken = {name for (name,) in database.execute("select relname from pg_class where relnamespace = 2200")}
    given = {"primary": ("id",), "interval": "1 month", **more}
    return Division(
        table=RelationName("public", "events"),
        key="at",
        key_type="timestamp with time zone",
        taken=frozenset(taken),
        **given,
    )


def conversion(database: Any, **more: Any) -> Any:
    remedy = partition_table.remedy(division(database, **more))
    return course_of(database, of_remedy(remedy, ObjectName("table", "events", schema="public")))


@pytest.fixture(autouse=True)
def journals(tmp_path: "Path", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def test_there_and_back_gives_the_same_schema_and_rows(database_on_each: "Database") -> None:
    database = database_on_each
    database.execute(TABLE)
    schema, rows = schema_of(database), database.execute(ROWS)
    treatment = drive(treat(database.conninfo, conversion(database)))
    assert states(treatment) == [State.DONE], treatment.entries[0].error
    assert database.execute(KIND) == [("p",)]
    assert database.execute(ROWS) == rows
    database.execute(
        "insert into events (kind, at) select 'late', now() + n * interval '1 month' from generate_series(0, 7) n"
    )
    [(count, total)] = database.execute(ROWS)
    assert drive(undo(database.conninfo, purge=True)).entries[0].error == ""
    assert database.execute(KIND) == [("r",)]
    assert database.execute(ROWS) == [(count, total)]
    assert schema_of(database) == schema


def test_all_that_hangs_on_the_table_is_carried_over(role_name: str, database_on_each: "Database") -> None:
    database = database_on_each
    database.execute(f"create role {role_name}")
    database.execute(TABLE)
    database.execute(RIGHTS.format(role=role_name))
    before = database.execute(CARRIED)
    assert states(drive(treat(database.conninfo, conversion(database)))) == [State.DONE]
    assert database.execute(CARRIED) == before
    partitions = database.execute("""
        select relowner::regrole::text, relrowsecurity, relreplident, reloptions,
            coalesce(relacl::text, '') ~ '[{,]=' as is_public
        from pg_inherits join pg_class on oid = inhrelid
        where inhparent = 'events'::regclass and relname <> 'events_past'
    """)
    assert len(partitions) >= 3
    assert set(map(str, partitions)) == {str((role_name, True, "f", ["fillfactor=90"], False))}


def test_views_triggers_and_keys_work_over_old_and_new_rows(database_on_each: "Database") -> None:
    database = database_on_each
    database.execute(TABLE)
    database.execute("drop publication everything")  # which refuses updates of generated columns since 18
    drive(treat(database.conninfo, conversion(database)))
    database.execute(
        "insert into events (kind, customer, at)"
        " select 'call', 1, now() + n * interval '20 days' from generate_series(0, 30) n"
    )
    assert database.execute("select count(*) from calls") == [(2031,)]
    database.execute("update events set kind = 'answer' where at > now() - interval '3 hours'")
    assert database.execute("select min(touched), count(*) from events where kind = 'answer'") == [(1, 33)]
    assert database.execute("select count(distinct place), count(distinct number), count(*) from events") == [
        (2031, 2031, 2031)
    ]
    with database.connect() as connection, pytest.raises(Exception, match="duplicate key"):
        connection.execute("insert into events (id, at) select id, at from events limit 1")
    with database.connect() as connection, pytest.raises(Exception, match="foreign key"):
        connection.execute("insert into events (customer) values (77)")


def test_attaching_reads_no_rows(database_on_each: "Database") -> None:
    database = database_on_each
    database.execute(TABLE)
    statements = partition_table.remedy(division(database)).do
    read = "select pg_stat_get_xact_tuples_returned({oid})"
    with database.connect() as connection:
        for statement in statements[:-4]:
            connection.execute(statement.sql)
        with connection.transaction():
            connection.execute(statements[-4].sql)
            [(oid,)] = connection.execute("select 'events'::regclass::oid::int8").fetchall()
            before = connection.execute(read.format(oid=oid)).fetchall()
            connection.execute(statements[-3].sql)
            assert connection.execute(read.format(oid=oid)).fetchall() == before
    assert database.execute(f"select relname from pg_class where oid = {oid}") == [("events_past",)]


def test_partitions_are_made_ahead_once_and_old_ones_go_only_when_asked(database_on_each: "Database") -> None:
    database = database_on_each
    database.execute(TABLE)
    drive(treat(database.conninfo, conversion(database, interval="1 week")))
    bounds = "select pg_get_expr(relpartbound, oid) from pg_class where relispartition and relkind = 'r' order by 1"
    before = database.execute(bounds)
    assert database.execute("select events_partitions()") == [(0,)]
    assert database.execute(bounds) == before
    # A row beyond all partitions waits in the default one until its partition is made.
    database.execute("insert into events (kind, at) values ('far', now() + interval '100 days')")
    assert database.execute("select count(*) from events_other") == [(1,)]
    [(made,)] = database.execute("select events_partitions(20)")
    assert made > 10
    assert database.execute("select count(*) from events_other") == [(0,)]
    assert database.execute("select count(*) from events where kind = 'far'") == [(1,)]
    assert database.execute("select events_partitions(20, interval '-50 days', false)") != [(0,)]
    assert database.execute("select count(*) from events where at < now()") == [(0,)]
    assert database.execute("select count(*) from events_past") == [(2000,)]  # detached, not dropped


@pytest.mark.parametrize("dependent", [
    "create materialized view summary as select kind, count(*) from events group by kind",
    "create table notes (event uuid references events)",
    "create function one(events) returns int language sql as 'select 1'",
    "create policy visible on customers using (exists (select from events where customer = customers.id))",
    "alter publication everything set (publish_via_partition_root = false)",
])  # fmt: skip
def test_what_cannot_be_exchanged_ends_it_and_nothing_is_changed(database: "Database", dependent: str) -> None:
    database.execute(TABLE)
    database.execute(dependent)
    schema = schema_of(database)
    [entry] = drive(treat(database.conninfo, conversion(database))).entries
    assert entry.state is State.FAILED
    assert "depend on it" in entry.error or "publication" in entry.error
    assert database.execute(KIND) == [("r",)]
    assert drive(undo(database.conninfo, purge=True)).entries[0].error == ""
    assert schema_of(database) == schema


@pytest.mark.parametrize(("key_type", "interval"), [("date", "1 day"), ("timestamp without time zone", "1 year")])
def test_other_times_and_intervals(database_on_each: "Database", key_type: str, interval: str) -> None:
    database = database_on_each
    database.execute(f"""
        create table "Odd ""$pgclinic$ name" (at {key_type} not null, primary_word text);
        insert into "Odd ""$pgclinic$ name" select now() - n * interval '1 day', 'x' from generate_series(1, 900) as n;
    """)
    schema = schema_of(database)
    table = RelationName("public", 'Odd "$pgclinic$ name')
    remedy = partition_table.remedy(Division(table=table, key="at", key_type=key_type, interval=interval))
    course = course_of(database, of_remedy(remedy, ObjectName("table", table.name, schema="public")))
    assert [entry.error for entry in drive(treat(database.conninfo, course)).entries] == [""]
    database.execute(
        f"""insert into "Odd ""$pgclinic$ name"
        select now() + n * interval '{interval}' from generate_series(0, 40) n"""
    )
    assert [entry.error for entry in drive(treat(database.conninfo, course)).entries] == [""]
    assert drive(undo(database.conninfo, purge=True)).entries[0].error == ""
    assert database.execute('select count(*) from "Odd ""$pgclinic$ name"') == [(941,)]
    assert schema_of(database) == schema


CRON = """
    create schema cron;
    create table cron.job (jobname text primary key, schedule text, command text);
    create function cron.schedule(text, text, text) returns bigint language sql
        as 'insert into cron.job values ($1, $2, $3) returning 1::bigint';
    create function cron.unschedule(text) returns boolean language sql
        as 'delete from cron.job where jobname = $1 returning true';
"""
"""The functions of pg_cron, as its documentation has them, for a server without it."""


def test_where_pg_cron_is_it_runs_the_function(database: "Database") -> None:
    database.execute(TABLE)
    database.execute(CRON)
    schema = schema_of(database)
    assert states(drive(treat(database.conninfo, conversion(database, has_pg_cron=True)))) == [State.DONE]
    [(command,)] = database.execute("select command from cron.job")
    assert database.execute(command) == [(0,)]
    assert drive(undo(database.conninfo, purge=True)).entries[0].error == ""
    assert database.execute("select * from cron.job") == []
    assert schema_of(database) == schema
