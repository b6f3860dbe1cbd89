"""Pages that begin after a row hold together what pages by OFFSET hold, in the same order, on real servers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from advising import advised, case_of, one_by_one, prescribed
from pgclinic.advise.case import Case
from pgclinic.model.evidence import Fact
from pgclinic.model.prescription import Declined
from pgclinic.sql.keyset import Paging, paged, sorted_columns
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.rewriting import open_select

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

SCHEMA = """
    create table posts (id integer, part text not null, kind text not null, "At" timestamptz not null, note text,
                        score integer, primary key (part, id));
    insert into posts
    select n, 'p' || n % 3, 'k' || n % 4, timestamptz '2026-01-01 00:00+00' + (n / 7) * interval '1 minute', 'note', n
    from generate_series(1, 20000) n;
    create index on posts ("At", part, id);
    create table loose (at timestamptz not null);
    analyze;
"""
NEWEST = 'select note, "At" as at from posts where kind = $1 order by "At" desc limit $2 offset $3'
MIXED = 'select * from posts p where p.kind = $1 order by "At" desc, p.part limit 500 offset $2'
OLDEST = 'select id, score from posts order by "At", part, id limit 20 offset $1'


def deep(database: "Database", *statements: str) -> Case:
    case = case_of(database, *(("deep_offset", sql) for sql in statements))
    fact = Fact("pages_per_call", 150.0)
    findings = tuple(msgspec.structs.replace(each, facts=(*each.facts, fact)) for each in case.findings)
    return msgspec.structs.replace(case, findings=findings)


def paging_of(case: Case, sql: str) -> Paging:
    """As the adviser has it, with the key of the table at the end of the order."""
    snapshot = case.snapshot
    opened = open_select(sql, resolver_of(snapshot))
    assert opened is not None
    found = sorted_columns(opened)
    assert found is not None
    name, order = found
    columns = [column.name for column in snapshot.columns_of[snapshot.relation_by_name[name].oid]]
    rest = [column for column in ("part", "id") if column not in dict(order)]
    return paged(opened, name, (*order, *((column, order[-1][1]) for column in rest)), columns)


def walk(connection: Any, paging: Paging, own: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Every row, page by page."""
    connection.execute("set time zone 'UTC'")
    rows = page = one_by_one(connection, paging.first, [own])
    while page:
        last = tuple(str(page[-1][each.output]) for each in paging.order)
        page = one_by_one(connection, paging.next, [(*own, *last)])
        rows = rows + page
    return rows


@pytest.mark.parametrize("major", [15, 17, 18])
def test_walking_by_pages_meets_every_row_once_and_in_order(
    database_on: Callable[[int], "Database"], major: int
) -> None:
    database = database_on(major)
    database.execute(SCHEMA)
    case = deep(database, NEWEST, MIXED)
    orders = {NEWEST: '"At" desc, part desc, id desc', MIXED: '"At" desc, part, id'}
    with database.connect() as connection:
        for sql, own in ((NEWEST, ("k1", "700")), (MIXED, ("k1",))):
            rows = walk(connection, paging_of(case, sql), own)
            wanted = connection.execute(
                f"select part, id from posts where kind = 'k1' order by {orders[sql]}"
            ).fetchall()
            places = [each.output for each in paging_of(case, sql).order if each.name in {"part", "id"}]
            assert [tuple(row[place] for place in places) for row in rows] == wanted
            assert len(rows) == 5000


def test_a_page_is_planned_cheaper_than_one_that_skips_rows(database: "Database") -> None:
    database.execute(SCHEMA)
    (item,) = prescribed("keyset_paging", deep(database, OLDEST))
    (gain,) = item.gains
    assert gain.cost_after < gain.cost_before
    assert (item.do, item.mappings) == ((), ())
    assert item.application is not None
    code = {each.stack: each.code for each in item.application.examples}
    scope: dict[str, Any] = {"psycopg": __import__("psycopg")}
    first, following = code["psycopg"].split("\n\n")
    with database.connect() as connection:
        scope["connection"] = connection
        exec(first, scope)
        rows = scope["found"]
        scope["last"] = rows[-1]
        exec(following, scope)
        wanted = connection.execute('select id, score from posts order by "At", part, id limit 40').fetchall()
    assert [row[:2] for row in (*rows, *scope["found"])] == wanted


def test_nulls_in_the_order_and_tables_without_a_key_are_refused(database: "Database") -> None:
    database.execute(SCHEMA)
    statements = (
        "select id from posts order by score limit 10 offset $1",
        "select at from loose order by at limit 10 offset $1",
    )
    found = advised("keyset_paging", deep(database, *statements))
    assert [isinstance(each, Declined) and each.facts[0].value for each in found] == ["posts", "loose"]


def test_what_is_no_page_of_one_table_is_left_alone(database: "Database") -> None:
    database.execute(SCHEMA)
    statements = (
        "select id from posts order by id limit 10",
        "select id from posts limit 10 offset $1",
        "select id from posts order by id + 1 limit 10 offset $1",
        "select id from posts order by id nulls first limit 10 offset $1",
        "select kind, count(*) from posts group by kind order by kind limit 10 offset $1",
        "select a.id from posts a join posts b using (id) order by a.id limit 10 offset $1",
    )
    assert advised("keyset_paging", deep(database, *statements)) == []
