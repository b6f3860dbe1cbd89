"""Batches write exactly what the rows would have written one by one, on real servers."""

from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from advising import Values, advised, case_of, one_by_one, prescribed, together
from pgclinic.model.prescription import Declined, Prescription

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Database

pytestmark = pytest.mark.server

SCHEMA = """
    create type mood as enum ('calm', 'cross');
    create domain small as integer check (value < 1000);
    create table plain (
        id uuid default gen_random_uuid(), code char(4), tags text[], feeling mood, level small, price numeric(6, 2),
        note varchar(12) not null default 'none', doubled integer generated always as (level * 2) stored
    );
    create table counted (name text not null, day date not null, hits integer not null default 1, first_seen text,
                          primary key (name, day));
    create table stock (sku text primary key, amount integer, place text);
    create table mailing (email text not null unique, name text, changes integer not null default 0);
    create table audit (entry text);
    create function count_changes() returns trigger language plpgsql as
        'begin new.changes := old.changes + 1; return new; end';
    create function lower_email() returns trigger language plpgsql as
        'begin new.email := lower(new.email); return new; end';
    create function log_name() returns trigger language plpgsql as
        'begin insert into audit select count(*)::text from mailing; return null; end';
    create trigger changes before update on mailing for each row execute function count_changes();
"""

PLAIN = """
    insert into plain (id, code, tags, feeling, level, price, note) values (default, $1, $2, $3, $4, $5::numeric, $6)
"""
NOTHING = "insert into counted (name, day, hits) values ($1, $2::date, $3) on conflict do nothing"
COUNTER = """
    insert into counted as c (name, day, first_seen) values ($1, $2, $3)
    on conflict (name, day) do update set hits = c.hits + excluded.hits where c.first_seen is distinct from 'stop'
"""
CONSTANT = """
    insert into counted as c (name, day, hits) values ($1, $2, $3)
    on conflict on constraint counted_pkey do update set hits = c.hits + $4
"""
WHOLE = """
    insert into stock (sku, amount, place) values ($1, $2, 'depot')
    on conflict (sku) do update set amount = excluded.amount
"""
PARTIAL = """
    insert into mailing (email, name) values ($1, $2) on conflict (email) do update set name = excluded.name
    returning email, name, changes
"""


def random_calls(sql: str, seed: int, count: int = 60) -> list[Values]:
    """Calls with nulls where they may be, many of them with the same key."""
    random = Random(seed)
    texts = ["a", "b", 'c"c', "d\\d", "{e,e}", "NULL", ""]
    rows: dict[str, Callable[[], Values]] = {
        PLAIN: lambda: (
            random.choice(["ab", "abcd", None]),
            random.choice(["{}", "{x,y}", '{"a,b",null}', None]),
            random.choice(["calm", "cross", None]),
            random.choice(["1", "999", None]),
            random.choice(["1.005", "99.999", None]),
            random.choice(["x", "y ' y"]),
        ),
        NOTHING: lambda: (random.choice(texts), f"2026-01-0{random.randint(1, 3)}", str(random.randint(1, 9))),
        COUNTER: lambda: (
            random.choice(texts),
            f"2026-01-0{random.randint(1, 3)}",
            random.choice(["stop", "go", None]),
        ),
        CONSTANT: lambda: (random.choice(texts), "2026-01-01", str(random.randint(1, 9)), str(random.randint(1, 9))),
        WHOLE: lambda: (random.choice(texts), random.choice(["1", "2", None])),
        PARTIAL: lambda: (random.choice(["Ann@x", "ann@x", "bob@x", "cyd@x"]), random.choice([*texts, None])),
    }
    return [rows[sql]() for _ in range(count)]


def state(connection: Any) -> dict[str, list[Any]]:
    """Every row of every table, without what is random."""
    return {
        "plain": connection.execute(
            "select code, tags, feeling::text, level, price, note, doubled from plain order by 1, 2, 3, 4, 5, 6"
        ).fetchall(),
        **{
            name: connection.execute(f"select * from {name} order by {name}").fetchall()
            for name in ("counted", "stock", "mailing", "audit")
        },
    }


def both_ways(database: "Database", sql: str, prescription: Prescription, seed: int) -> None:
    """Write the same calls in both ways, twice each, so that later ones meet rows that are there already."""
    (mapping,) = prescription.mappings
    calls = random_calls(sql, seed)
    with database.connect() as connection:
        for statement in prescription.do:
            connection.execute(statement.sql.encode())
        ends = []
        for way in (one_by_one, together):
            connection.execute("begin")
            what = sql if way is one_by_one else mapping
            rows = [way(connection, what, part) for part in (calls[:40], calls[40:])]  # type: ignore[operator]
            ends.append((state(connection), [sorted(each, key=repr) for each in rows if "returning" in sql]))
            connection.execute("rollback")
        assert ends[0] == ends[1]
        assert any(ends[0][0].values())
        for statement in prescription.undo:
            connection.execute(statement.sql.encode())


@pytest.mark.parametrize("major", [15, 17, 18])
def test_a_batch_leaves_the_rows_that_single_statements_leave(
    database_on: "Callable[[int], Database]", major: int
) -> None:
    database = database_on(major)
    database.execute(SCHEMA)
    statements = (PLAIN, NOTHING, COUNTER, CONSTANT, WHOLE, PARTIAL)
    found = prescribed("batched_writes", case_of(database, *(("single_row_writes", sql) for sql in statements)))
    assert [bool(item.do) for item in found] == [False, False, True, True, False, True]
    for sql, item in zip(statements, found, strict=True):
        for seed in range(4):
            both_ways(database, sql, item, seed)
        assert not item.verify or database.execute(item.verify) == [(False,)]


def test_triggers_that_see_more_than_their_row_are_fired_row_by_row(database: "Database") -> None:
    database.execute(SCHEMA)
    database.execute("create trigger lower before insert on mailing for each row execute function lower_email()")
    database.execute("create trigger log after insert on mailing for each statement execute function log_name()")
    (item,) = prescribed("batched_writes", case_of(database, ("single_row_writes", PARTIAL)))
    assert "count(distinct" not in item.do[0].sql
    for seed in range(3):
        both_ways(database, PARTIAL, item, seed)


def test_nulls_in_a_conflicts_key_do_not_become_one_row(database: "Database") -> None:
    database.execute("create table plain (id int)")
    database.execute("create table t (a text unique, b text)")
    sql = "insert into t (a, b) values ($1, $2) on conflict (a) do update set b = excluded.b"
    (item,) = prescribed("batched_writes", case_of(database, ("single_row_writes", sql)))
    database.execute(item.do[0].sql)
    with database.connect() as connection:
        together(connection, item.mappings[0], [(None, "1"), (None, "2"), ("x", "3"), ("x", "4")])
    assert sorted(database.execute("select a, b from t"), key=repr) == [("x", "4"), (None, "1"), (None, "2")]


def test_what_has_no_array_or_cannot_be_handed_back_is_declined(database: "Database") -> None:
    database.execute("create table t (a text primary key, b text)")
    untyped = "insert into t (a, b) values (lower($1), $2)"
    computed = "insert into t (a, b) values ($1, $2) on conflict (a) do update set b = t.b || $2 returning length(b)"
    found = advised("batched_writes", case_of(database, *(("single_row_writes", sql) for sql in (untyped, computed))))
    assert [type(each) for each in found] == [Declined, Declined]
    assert found[0].facts[0].value == "$1"


def test_selects_and_rows_without_parameters_are_not_its_affair(database: "Database") -> None:
    database.execute("create table t (a text primary key, b text)")
    database.execute("create view v as select * from t")
    statements = (
        "insert into t (a) values ($1), ($2)",
        "insert into t (a) select $1",
        "insert into t (a) values ('a')",
        "insert into v (a) values ($1)",
        "with x as (select 1) insert into t (a) values ($1)",
    )
    assert advised("batched_writes", case_of(database, *(("single_row_writes", sql) for sql in statements))) == []
    assert advised("batched_writes", case_of(database, ("", "insert into t (a) values ($1)"))) == []


def test_plain_appends_are_copied_except_under_row_level_security(database: "Database") -> None:
    database.execute('create table "Odd t" (a text, "b b" text)')
    sql = 'insert into "Odd t" (a, "b b") values ($1, $2)'

    def stacks() -> dict[str, str]:
        (item,) = prescribed("batched_writes", case_of(database, ("single_row_writes", sql)))
        assert item.application is not None
        return {example.stack: example.code for example in item.application.examples}

    code = stacks()
    assert code.keys() == {"psycopg", "SQLAlchemy", "Django", "Prisma", "supabase-js", "psycopg, COPY"}
    rows = [{"a": "1", "b b": "x\ty"}, {"a": None, "b b": "\\N"}]
    with database.connect() as connection, connection.cursor() as cursor:
        exec(code["psycopg, COPY"], {"cursor": cursor, "rows": rows})
        exec(code["psycopg"], {"psycopg": __import__("psycopg"), "connection": connection, "rows": rows})
        assert cursor.execute('select * from "Odd t"').fetchall() == [("1", "x\ty"), (None, "\\N")] * 2
    database.execute('alter table "Odd t" enable row level security')
    assert "psycopg, COPY" not in stacks()
