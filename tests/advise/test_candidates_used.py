"""Each kind of candidate on really loaded tables: PostgreSQL takes it, and plans with it."""

import os
from collections.abc import Iterator

import psycopg
import pytest

from conftest import Database, Servers
from pgclinic.advise.candidates import candidates, kinds_of
from pgclinic.advise.equivalence import serves
from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.plan import WhatIfIndex
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.sql import quote
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.shape import shape_of
from pgclinic.twin.planner import Twin
from pgclinic.verbs.driving import drive

pytestmark = pytest.mark.server

_SCHEMA = """
create extension pg_trgm; create extension btree_gin; create extension btree_gist; create extension hstore;
create extension citext; create extension ltree;
create type state as enum ('new', 'paid', 'lost');
create domain email as text check (value like '%@%');
create function shortened(text) returns text language sql immutable as 'select pg_catalog."left"($1, 3)';
create table "Things" (
    id bigint primary key, state state not null, kind text not null, mail email, note character varying(200),
    body text, data jsonb, tags text[], words tsvector, during tstzrange, place point, address inet, path ltree,
    pairs hstore, name citext, at timestamp not null, seen timestamptz not null, deleted_at timestamptz,
    is_done boolean not null, amount numeric(10, 2), long_key text not null, parent bigint
);
insert into "Things"
select n, case when n % 50 = 0 then 'new' when n % 3 = 0 then 'lost' else 'paid' end::state,
    case when n % 40 = 0 then 'rare' else 'common' || n % 5 end, 'User' || n || '@example.org', 'note ' || n % 1000,
    'text about ' || md5(n::text) || ' and ' || md5((n + 1)::text),
    jsonb_build_object('k', n % 5000, 'tags', jsonb_build_array('t' || n % 700), 'flag' || n % 3000, true),
    array['t' || n % 900, 'u' || n % 7], to_tsvector('english', 'word' || n % 2000 || ' and others'),
    tstzrange('2026-01-01'::timestamptz + n * interval '1 minute',
              '2026-01-01'::timestamptz + (n + 9) * interval '1 minute'),
    point(n % 300, n / 300), ('10.' || n % 200 || '.' || n % 250 || '.1')::inet, ('a.b' || n % 500 || '.c')::ltree,
    hstore('k', (n % 4000)::text), 'Name' || n % 8000, '2026-01-01'::timestamp + n * interval '1 minute',
    '2026-01-01'::timestamptz + n * interval '1 minute', case when n % 20 = 0 then now() end, n % 100 <> 0, n % 10000,
    'https://example.org/a/rather/long/path/' || md5(n::text), case when n % 10 = 0 then n / 10 end
from generate_series(1, 60000) as n;
create view live as select * from "Things" where deleted_at is null and kind = 'rare';
"""

USED = [
    ("select * from T where kind = 'rare' and state = 'new' order by at desc limit 5", "(kind, at)"),
    ("select max(at) from T where kind = 'rare'", "(kind, at)"),
    ("select * from T order by amount desc nulls last, id limit 3", "(amount nulls first, id desc)"),
    ("select distinct on (name) name, at from T order by name, at", "(name, at)"),
    ("select id, row_number() over (partition by parent order by at desc) from T", "(parent, at desc) include (id)"),
    ("select at from T where kind = 'rare'", "(kind) include (at)"),
    ("select count(*) from T where state = 'new'", "(state) where state = 'new'"),
    ("select amount from T where not is_done and amount > 10 order by amount", "(amount) where NOT is_done"),
    ("select id from T where is_done is false", "(id) where is_done IS FALSE"),
    ("select * from live where amount = 77", "(amount) where kind = 'rare'::text"),
    ("select * from T where parent = $1", "(parent) where parent is not null"),
    ("select * from T where lower(note) = 'note 5' and kind = 'rare'", "(kind, (lower(note)))"),
    ("select * from T where lower(mail) = 'user77@example.org'", "((lower(mail)))"),
    ("select * from T where shortened(note) = 'abc'", "((shortened(note)))"),
    ("select * from T where at::date = '2026-01-03'", "((at::date))"),
    ("select * from T where (data ->> 'k')::int = 17", "(((data ->> 'k')::int))"),
    ("select * from T where coalesce(mail, note) = 'x'", "((COALESCE(mail, note)))"),
    ("select * from T order by lower(note), id limit 3", "((lower(note)), id)"),
    ("select * from T where data @> '{\"k\": 17}'", "using gin (data jsonb_path_ops)"),
    ("select * from T where data ? 'flag17'", "using gin (data)"),
    ("select * from T where data -> 'tags' @> '[\"t17\"]'", "using gin ((data -> 'tags') jsonb_path_ops)"),
    ("select * from T where data -> 'tags' ? 't17'", "using gin ((data -> 'tags'))"),
    ("select * from T where tags && array['t5'] and kind = 'rare'", "using gin (kind, tags)"),
    ("select * from T where tags @> array['t5']", "using gin (tags)"),
    ("select * from T where words @@ to_tsquery('english', 'word17')", "using gin (words)"),
    (
        "select * from T where to_tsvector('english', body) @@ to_tsquery('english', 'nothing')",
        "using gin ((to_tsvector('english', body)))",
    ),
    ("select * from T where body ilike '%abcdef%'", "using gin (body public.gin_trgm_ops)"),
    ("select * from T where lower(body) like '%abcdef%'", "using gin ((lower(body)) public.gin_trgm_ops)"),
    ("select * from T where pairs @> 'k=>5'", "using gin (pairs)"),
    ("select * from T where during && tstzrange('2026-01-03', '2026-01-03 01:00')", "using gist (during)"),
    ("select * from T where during @> timestamptz '2026-01-03' and kind = 'rare'", "using gist (kind, during)"),
    ("select * from T order by place <-> point '(1,1)' limit 3", "using gist (place)"),
    ("select * from T where place <@ box '((1,1),(2,2))'", "using gist (place)"),
    ("select * from T where address << inet '10.17.0.0/16'", "using gist (address inet_ops)"),
    ("select * from T where path <@ 'a.b7'", "using gist (path)"),
    ("select * from T where seen >= '2026-01-20' and seen < '2026-02-10'", "using brin (seen)"),
    ("select * from T where long_key = 'x'", "using hash (long_key)"),
    ("select * from T where mail like 'User77%'", "(mail)"),
    ("select * from T where name = 'name77'", "(name)"),
]
"""Statements, and the index that is among their candidates and used; ``T`` stands for the table."""

LOOK_ALIKES = [
    ("select * from T where shortened(long_key || at) = 'x'", "expression"),
    ("select * from T where date(seen) = '2026-01-03'", "expression"),
    ("select * from T where lower(state::text) = 'new'", "expression"),
    ("select * from T where random() < 0.5", "btree"),
    ("select * from T", "btree"),
    ("select * from T where kind <> 'rare'", "partial"),
    ("select * from T where deleted_at is null", "partial"),
    ("select * from T where kind = $1", "partial"),
    ("select * from T where seen > now() - interval '1 day'", "partial"),
    ("select * from T where 't5' = any (tags)", "gin"),
    ("select * from T where body like 'abcdef%'", "gin"),
    ("select * from T where body like '%ab%'", "gin"),
    ("select * from T where data ->> 'k' = '17'", "gin"),
    ("select * from T where amount > 17", "brin"),
    ("select * from T where kind = 'rare'", "hash"),
    ("select * from T where long_key > 'x'", "hash"),
    ("select * from T where during is null", "gist"),
]
"""Statements that no index of the kind would serve."""


@pytest.fixture(scope="module")
def things(server: Servers) -> Iterator[Database]:
    """One loaded database for the whole module: nothing here changes it for good."""
    instance, name = server(18), f"things_{os.getpid()}"
    with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
        connection.execute(f"create database {name}")
        database = Database(instance, name)
        with database.connect() as inside:
            inside.execute(_SCHEMA)
            inside.execute('vacuum analyze "Things"')
            inside.execute('vacuum "Things"')
        yield database
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="module")
def snapshot(things: Database) -> Snapshot:
    with open_session(things.conninfo) as connection:
        return drive(collect(connection))


@pytest.fixture(scope="module")
def twin(snapshot: Snapshot) -> Iterator[Twin]:
    with Twin(snapshot) as running:
        yield running


def proposed(statement: str, snapshot: Snapshot) -> tuple[IndexDefinition, ...]:
    return candidates(shape_of(of_things(statement), resolver_of(snapshot)), snapshot)


def of_things(statement: str) -> str:
    return statement.replace(" T", ' "Things"')


def text(definition: IndexDefinition) -> str:
    """The definition as CREATE INDEX says it, from the method or the keys on."""
    return quote.create_index(definition, "i").partition('on public."Things" ')[2]


@pytest.mark.parametrize(("statement", "expected"), USED)
def test_what_is_proposed_is_used(statement: str, expected: str, snapshot: Snapshot, things: Database) -> None:
    by_text = {text(each): each for each in proposed(statement, snapshot)}
    assert expected in by_text, sorted(by_text)
    with things.connect() as connection:
        connection.execute("begin")
        connection.execute(quote.create_index(by_text[expected], "the_proposed").encode())
        (document,) = explained(connection, of_things(statement))
        connection.execute("rollback")
    assert "the_proposed" in str(document), document


def explained(connection: psycopg.Connection, statement: str) -> tuple[object, ...]:
    generic = ", generic_plan" if "$" in statement else ""
    row = connection.execute(f"explain (format json{generic}) {statement}".encode()).fetchone()
    assert row is not None
    return row


def test_the_twin_takes_every_candidate(snapshot: Snapshot, twin: Twin) -> None:
    statements = [statement for statement, _ in (*USED, *LOOK_ALIKES)]
    found = tuple(dict.fromkeys(each for statement in statements for each in proposed(statement, snapshot)))
    answers = twin.add_all(found)
    assert len(found) > 100
    assert [
        (text(each), answer) for each, answer in zip(found, answers, strict=True) if not isinstance(answer, WhatIfIndex)
    ] == []


@pytest.mark.parametrize(("statement", "kind"), LOOK_ALIKES)
def test_look_alikes_lead_to_nothing(statement: str, kind: str, snapshot: Snapshot) -> None:
    assert [text(each) for each in proposed(statement, snapshot) if kind in kinds_of(each)] == []


def test_an_index_is_recognised_as_the_server_prints_it(snapshot: Snapshot, database: Database) -> None:
    wanted = {}
    with database.connect() as connection:
        connection.execute(_SCHEMA.replace("60000", "0"))
        for number, (statement, expected) in enumerate(USED):
            (wanted[f"index_{number}"],) = [each for each in proposed(statement, snapshot) if text(each) == expected]
            connection.execute(quote.create_index(wanted[f"index_{number}"], f"index_{number}").encode())
    with open_session(database.conninfo) as connection:
        existing = {each.name: each.definition for each in drive(collect(connection)).indexes}
    assert [name for name, definition in wanted.items() if not serves(existing[name], definition)] == []
    assert [name for name, definition in wanted.items() if not serves(definition, existing[name])] == []
