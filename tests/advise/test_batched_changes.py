"""Batches of updates and deletes leave what the calls would have left one by one, on real servers."""

from random import Random
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

import renaming
from advising import Values, advised, case_of, one_by_one, prescribed, together
from pgclinic.model.prescription import Prescription

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Database

pytestmark = pytest.mark.server

SCHEMA = """
    create table visits (
        id int primary key, code text collate "C" not null, state text, hits int not null default 0, label text unique,
        seen timestamptz, changes int not null default 0
    );
    create table noted (entry text);
    create function count_changes() returns trigger language plpgsql as
        'begin new.changes := old.changes + 1; return new; end';
    create function note_deleted() returns trigger language plpgsql as
        'begin insert into noted values (old.id::text); return old; end';
    create function note_left() returns trigger language plpgsql as
        'begin insert into noted select count(*)::text from visits; return null; end';
    insert into visits (id, code, state, hits)
    select n, 'c' || n, (array['open', 'shut', null])[1 + n % 3], n from generate_series(1, 12) n;
"""
WHOLE = "update visits set state = $1, seen = '2026-01-01' where id = $2"
ADDED = "update visits as v set hits = hits + $1 where $2 = v.id"
GUARDED = "update visits set state = 'shut', seen = $1 where id = $2 and state = 'open'"
MOVED = "update visits set state = $1 where id = $2 and state = $3"
LABELLED = "update visits set label = $1 where id = $2"
COLLATED = "update visits set state = $1 where code = $2"
GONE = "delete from visits where id = $1"
GONE_IF = "delete from visits where id = $1 and state = $2 and hits > 3"
ALL = (WHOLE, ADDED, GUARDED, MOVED, LABELLED, COLLATED, GONE, GONE_IF)


def random_calls(sql: str, seed: int, count: int = 40) -> list[Values]:
    """Many calls with the same key, some with none, and nulls."""
    random = Random(seed)

    def key() -> str | None:
        return random.choice([*map(str, range(1, 15)), None])

    def state() -> str | None:
        return random.choice(["open", "shut", None])

    rows: dict[str, Callable[[], Values]] = {
        WHOLE: lambda: (state(), key()),
        ADDED: lambda: (str(random.randint(-3, 9)), key()),
        GUARDED: lambda: (random.choice(["2026-02-01", "2026-03-01"]), key()),
        MOVED: lambda: (state(), key(), state()),
        LABELLED: lambda: (None, key()),
        COLLATED: lambda: (state(), f"c{random.randint(1, 14)}"),
        GONE: lambda: (key(),),
        GONE_IF: lambda: (key(), state()),
    }
    return [rows[sql]() for _ in range(count)]


def left(connection: Any) -> list[Any]:
    rows = connection.execute("select id, code, state, hits, label, seen::text, changes from visits order by id")
    return [rows.fetchall(), connection.execute("select * from noted order by 1").fetchall()]


def both_ways(database: "Database", sql: str, item: Prescription, seed: int) -> None:
    (mapping,) = item.mappings
    calls = random_calls(sql, seed)
    ends = []
    with database.connect() as connection:
        for statement in item.do:
            connection.execute(statement.sql.encode())
        for way in (one_by_one, together):
            connection.execute("begin")
            way(connection, sql if way is one_by_one else mapping, calls)  # type: ignore[operator]
            ends.append(left(connection))
            connection.execute("rollback")
        assert ends[0] == ends[1]
        assert ends[0] != left(connection) or sql == LABELLED
        for statement in item.undo:
            connection.execute(statement.sql.encode())


def of(database: "Database", *statements: str) -> list[Prescription]:
    return prescribed("batched_writes", case_of(database, *(("single_row_writes", sql) for sql in statements)))


@pytest.mark.parametrize("major", [15, 17, 18])
def test_a_batch_leaves_what_single_calls_leave(database_on: "Callable[[int], Database]", major: int) -> None:
    database = database_on(major)
    database.execute(SCHEMA)
    found = of(database, *ALL)
    # A function where two calls of one key both leave something, or where a collation of its own decides.
    assert [bool(item.do) for item in found] == [False, True, True, True, True, True, False, False]
    for sql, item in zip(ALL, found, strict=True):
        for seed in range(3):
            both_ways(database, sql, item, seed)


@pytest.mark.parametrize(
    "trigger",
    [
        "before update on visits for each row execute function count_changes()",
        "before delete on visits for each row execute function note_deleted()",
        "after update or delete on visits for each row execute function note_left()",
        "after delete on visits for each statement execute function note_left()",
    ],
)
def test_triggers_fire_as_often_and_see_the_same(database: "Database", trigger: str) -> None:
    database.execute(SCHEMA)
    database.execute(f"create trigger watching {trigger}")
    statements = (WHOLE, ADDED, GONE)
    for sql, item in zip(statements, of(database, *statements), strict=True):
        for seed in range(2):
            both_ways(database, sql, item, seed)


def test_one_key_alone_is_a_plain_list(database: "Database") -> None:
    database.execute(SCHEMA)
    (item,) = of(database, GONE)
    assert item.mappings[0].replacements[0].sql == "DELETE FROM visits WHERE id = ANY($1::int[])"


def test_what_hands_rows_back_or_has_no_key_is_left_alone(database: "Database") -> None:
    database.execute(SCHEMA)
    statements = (
        "update visits set state = $1 where id = $2 returning id",
        "update visits set state = $1 where state = $2",
        "update visits set (state, hits) = (select $1, 1) where id = $2",
        "update visits v set state = $1 from noted where v.id = $2",
        "delete from visits where hits > $1",
        "delete from visits where current of somewhere",
        "with x as (select 1) delete from visits where id = $1",
    )
    assert advised("batched_writes", case_of(database, *(("single_row_writes", sql) for sql in statements))) == []


def test_renaming_everything_gives_the_same(database: "Database") -> None:
    database.execute(SCHEMA)
    case = case_of(database, *(("single_row_writes", sql) for sql in ALL))
    other, names = renaming.renamed(case.snapshot)
    texts = {each.fingerprint: renaming._in_sql(each.sql, names) for each in case.workload.statements}
    statements = tuple(msgspec.structs.replace(each, sql=texts[each.fingerprint]) for each in case.workload.statements)
    renamed = msgspec.structs.replace(
        case, snapshot=other, workload=msgspec.structs.replace(case.workload, statements=statements)
    )
    shapes = [
        [
            (len(item.do), [fact.value for fact in item.facts if fact.name == "sameness"])
            for item in prescribed("batched_writes", each)
        ]
        for each in (case, renamed)
    ]
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) == len(ALL)
