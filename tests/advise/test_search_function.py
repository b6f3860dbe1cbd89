"""A search function returns the rows of the statement for every combination of filters, on real servers."""

from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING

import pytest

from advising import Values, advised, case_of, one_by_one, prescribed, together
from pgclinic.model.prescription import Declined

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

SCHEMA = """
    create type mood as enum ('calm', 'cross');
    create table visits (id integer primary key, place varchar(12), kind char(3), feeling mood, note text,
                         "At" timestamptz not null);
    insert into visits
    select n, nullif('place ' || n % 40, 'place 7'), 'k' || n % 9, (array['calm', 'cross', null])[1 + n % 3]::mood,
           case when n % 4 = 0 then 'it''s ' || n end, timestamptz '2026-01-01 00:00+00' + n * interval '1 minute'
    from generate_series(1, 20000) n;
    analyze;
"""
OPTIONAL = """
    select id, place, kind, feeling, note, "At" as at from visits
    where ($1::varchar(20) is null or place = $1) and ($2::mood is null or visits.feeling = $2)
      and ($3::timestamptz is null or "At" >= $3) and note is not null
      and ($4::text is null or note ilike '%' || $4 || '%' or place = $4)
    order by "At" desc limit $5
"""
COALESCED = (
    "select * from visits v where v.place = coalesce($1, v.place) and kind = coalesce($2::char(3), kind) order by 1"
)
CHOICES = {
    OPTIONAL: (
        ("place 8", "nowhere", None),
        ("calm", None),
        ("2026-01-10 10:00+00", None),
        ("'S 1", "place 8", None),
        ("5",),
    ),
    COALESCED: (("place 3", None), ("k3", "k30", None)),
}


def both(*statements: str) -> tuple[tuple[str, str], ...]:
    return tuple(("catch_all_predicate", sql) for sql in statements)


@pytest.mark.parametrize("major", [15, 17, 18])
def test_every_combination_of_filters_gives_the_same_rows_in_the_same_order(
    database_on: Callable[[int], "Database"], major: int
) -> None:
    database = database_on(major)
    database.execute(SCHEMA)
    found = prescribed("search_function", case_of(database, *both(OPTIONAL, COALESCED)))
    assert len({item.do[0].sql.partition("(")[0] for item in found}) == 2
    with database.connect() as connection:
        for sql, item in zip((OPTIONAL, COALESCED), found, strict=True):
            connection.execute(item.do[0].sql)
            assert connection.execute(item.verify.encode()).fetchall() == [(True,)]
            calls: list[Values] = [call if len(call) > 1 else (*call,) for call in product(*CHOICES[sql])]
            for call in calls:
                assert together(connection, item.mappings[0], [call]) == one_by_one(connection, sql, [call])
            assert any(one_by_one(connection, sql, [call]) for call in calls)
            for statement in item.undo:
                connection.execute(statement.sql)
            assert connection.execute(item.verify.encode()).fetchall() == [(False,)]


def test_each_combination_is_planned_for_itself_and_cheaper_than_one_plan_for_all(database: "Database") -> None:
    database.execute(SCHEMA)
    (item,) = prescribed("search_function", case_of(database, *both(OPTIONAL)))
    (gain,) = item.gains
    assert gain.cost_after < gain.cost_before
    database.execute('create index on visits (place, "At"); create index on visits (kind)')
    database.execute("load 'auto_explain'")
    with database.connect() as connection:
        connection.execute(item.do[0].sql)
        connection.execute("set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on")
        connection.execute("load 'auto_explain'; set client_min_messages = log")
        notices: list[str] = []
        connection.add_notice_handler(lambda diagnostic: notices.append(diagnostic.message_primary or ""))
        together(connection, item.mappings[0], [("place 8", None, None, None, "5")])
    assert any("Index Scan" in notice and "place" in notice for notice in notices)


def test_the_function_sees_what_its_caller_may_see(role_name: str, database: "Database") -> None:
    database.execute(SCHEMA)
    database.execute(f"create role {role_name}; grant select on visits to {role_name}")
    database.execute("alter table visits enable row level security")
    database.execute("create policy few on visits using (id <= 100)")
    (item,) = prescribed("search_function", case_of(database, *both(COALESCED)))
    with database.connect() as connection:
        connection.execute(item.do[0].sql)
        connection.execute(f"set role {role_name}")
        rows = together(connection, item.mappings[0], [(None, None)])
        assert rows == one_by_one(connection, COALESCED, [(None, None)])
        assert 0 < len(rows) <= 100


def test_what_cannot_be_declared_is_declined_and_what_is_no_search_is_left_alone(database: "Database") -> None:
    database.execute(SCHEMA)
    computed = "select id, lower(place) as low from visits where $1::text is null or place = $1"
    (declined,) = advised("search_function", case_of(database, *both(computed)))
    assert isinstance(declined, Declined)
    others = (
        "select id from visits where place = $1 or kind = $2",
        "select id, $1::text as asked from visits where $1::text is null or place = $1",
        "select id from visits where ($1::text is null or place = $1) for update",
        "select id from visits where place is null or place = $1",
        "delete from visits where $1::text is null or place = $1",
    )
    assert advised("search_function", case_of(database, *both(*others))) == []


def test_filters_that_change_no_plan_make_no_function(database: "Database") -> None:
    database.execute("create table few (id integer primary key, a text)")
    database.execute("insert into few select n, 'a' from generate_series(1, 20) n; analyze few")
    found = advised("search_function", case_of(database, *both("select id from few where $1::text is null or a = $1")))
    assert [type(each) for each in found] == [Declined]
