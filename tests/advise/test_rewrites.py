"""Rewritten statements return the same rows, on real servers, and are only prescribed when planned cheaper."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from advising import Values, advised, case_of, one_by_one, prescribed
from pgclinic.advise import rewrites
from pgclinic.advise.rewrites import Query
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.statements import fingerprint

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

SCHEMA = """
    create table trips (id integer primary key, token uuid not null, small smallint not null, big bigint, name text,
                        owner integer not null, spare integer, at timestamptz, local timestamp(3));
    create table floats (id integer, value double precision);
    create table owners (id integer not null, spare integer, email text);
    insert into trips
    select n, ('00000000-0000-0000-0000-' || lpad(to_hex(n % 50), 12, '0'))::uuid, n % 70 - 35,
           case n when 1 then 9223372036854775807 when 2 then -9223372036854775808 else nullif(n, 5) end,
           case n % 3 when 0 then 'n' || n % 20 end, n % 60, nullif(n % 15, 3),
           timestamptz '2026-10-30 00:00+00' + n * interval '37 minutes',
           timestamp '2026-10-30 00:00' + n * interval '37 minutes'
    from generate_series(1, 300) n;
    insert into trips select 1000 + n, gen_random_uuid(), 0, n, null, 1, 2, x::timestamptz, x::timestamp
    from unnest(array['infinity', '-infinity', null]) with ordinality u (x, n);
    insert into owners select n % 40, nullif(n % 11, 0), 'n' || n % 25 from generate_series(1, 80) n;
    insert into owners values (7, 7, null);
    analyze;
"""
DAYS = [("2026-11-01",), ("2026-10-31",), ("2026-11-03",), ("infinity",), (None,)]
KEYS = [("3",), ("03",), ("-5",), ("99999",), ("32767",), ("x",), ("",), (None,), ("9223372036854775807",)]
KEYS += [("-9223372036854775808",), ("9223372036854775808",), ("1e1",), (" 3",)]
TOKENS = [("00000000-0000-0000-0000-00000000000a",), ("00000000-0000-0000-0000-00000000000A",), ("x",), (None,)]
NUMBERS: list[Values] = [("3",), ("3.0",), ("2.5",), ("NaN",), (None,), ("1e30",), ("-5",), ("32768",)]
NUMBERS += [("9223372036854775807",), ("-9223372036854775808",)]
NAMES: list[Values] = [("n3", "7"), ("n3", None), (None, "4"), (None, None), ("n6", "6")]
JOINED = """
    select t.id from trips t left join owners o on o.id = t.spare where t.name = $1 or o.email = $1 or o.spare = $2
"""
CORRELATED = """
    select t.*, (select count(distinct email) from owners o where o.id = t.owner) + 1 as emails,
           (select sum(o.spare) from owners o where o.id = t.spare) as total
    from trips t join owners p on p.id = t.owner where p.email > $1 order by t.id limit $2
"""
CASES: dict[str, list[tuple[str, Sequence[Values]]]] = {
    "date_of_column": [
        (f"select id from trips where {side} {operator} $1{cast}", DAYS)
        for side in ("date(at)", "at::date", "date_trunc('day', local)", "local::date")
        for operator, cast in (("=", "::date"), ("<", "::date"), ("<=", "::date"), (">", "::date"), (">=", "::date"))
    ]
    + [("select id from trips t where $1::date >= date(t.at) and name is not null", DAYS)],
    "text_of_key": [
        ("select id, name from trips where token::text = $1", TOKENS),
        *((f"select id from trips where {key}::text = $1", KEYS) for key in ("id", "small", "big")),
        ("select id from trips where $1::text = trips.big::varchar", KEYS),
    ],
    "not_in": [
        ("select name from trips where owner not in (select id from owners)", [()]),
        (
            "select t.id from trips t where t.id not in (select o.id from owners o where o.email = $1)",
            [("n3",), (None,)],
        ),
        ("select id from trips where name = $1 and id not in (select owner from trips x)", [("n3",)]),
    ],
    "count_for_existence": [
        ("select count(*) > 0 from trips where name = $1", [("n3",), ("none",), (None,)]),
        ("select 1 <= count(*) as some from trips join owners on owners.id = owner where name = $1", [("n3",), ("",)]),
        ("select count(*) = 0 from trips where name = $1", [("n3",), ("none",)]),
        (
            "select id from trips t where (select count(*) from owners o where o.id = t.owner) > 0 and name > $1",
            [("n",)],
        ),
        ("select id, (select count(*) from owners o where o.spare = t.spare) <> 0 as has from trips t", [()]),
        ("select (select count(*) from owners o where o.spare = t.spare) > 0, id from trips t", [()]),
    ],
    "correlated_aggregate": [
        ("select t.id, (select count(*) from owners o where o.id = t.spare) as many from trips t", [()]),
        ("select id, (select max(email) from owners o where trips.owner = o.id and o.spare > $1) from trips", [("3",)]),
        (CORRELATED, [("n1", "2"), ("n", "100")]),
        ("select id from trips t where spare < (select avg(o.id) from owners o where o.spare = t.owner)", [()]),
        ("select t.id, (select count(*) as many from trips x where x.id = t.owner) from trips t", [()]),
        ("select t.id, (select count(x.spare) from trips x where x.owner = t.owner) from trips t", [()]),
    ],
    "wider_value": [
        *((f"select id from trips where {key} = $1::numeric", NUMBERS) for key in ("id", "small", "big")),
        ("select id from trips t where $1::float8 = t.small", [*NUMBERS, ("Infinity",), ("-0",)]),
        ("select id from trips where id = $1::numeric(10, 1) and name is not null", NUMBERS[:3]),
    ],
    "or_across_columns": [
        ("select name, spare from trips where name = $1 or spare = $2::integer", NAMES),
        (JOINED, NAMES),
        ("select name from trips where owner < 30 and (spare = $2::integer or name = $1 or id in (1, 5, 7))", NAMES),
    ],
}
LEFT_ALONE = (
    "select id from trips where spare not in (select id from owners)",
    "select id from trips where id not in (select spare from owners)",
    "select t.id from owners o left join trips t on t.id = o.id where t.owner not in (select id from owners)",
    "select id from trips where id not in (select o.id from owners o where o.email = trips.name)",
    "select id from trips where id not in (select id from owners limit 3)",
    "select count(*) > 5 from trips",
    "select id, (select count(*) from owners o where o.id > t.spare) from trips t",
    "select id, (select sum(f) from floats f where f.id = t.id) from trips t",
    "select id, (select sum(f.value) from floats f where f.id = t.id) from trips t",
    "select id, (select email from owners o where o.id = t.spare limit 1) from trips t",
    "select id, (select count(*) from owners o where o.id = t.spare group by email limit 1) from trips t",
    "select id, (select count(*) from owners o where o.id = t.spare and o.email = t.name) from trips t",
    "select id, (select count(*) from owners o where o.id = 3) from trips t",
    "select count(name) > 0 from trips",
    "select count(*) > 0 from trips group by name",
    "select name from trips where name = $1 or spare = $2 order by name",
    "select count(*) from trips where name = $1 or spare = $2",
    "select distinct name from trips where name = $1 or spare = $2",
    "select name from trips where name = $1 or name = $2",
    "select name from trips where (name = $1 or spare = $2) and random() < 0.5",
    "select id from trips where date(at) = local",
    "select id from trips where id::text = name",
    "select id from trips where name::text = $1",
    "select id from trips where big = $1::float8",
    "select id from trips where id = $1::bigint",
    "select id from trips where id = spare::numeric",
    "select id from trips where at = $1 and id = $2",
    "select id from trips where date(at) = $1 union all select 1",
    "update trips set name = $1 where date(at) = $2",
)


def snapshot_of(database: "Database") -> Snapshot:
    return case_of(database).snapshot


@pytest.mark.parametrize("major", [15, 17, 18])
def test_a_rewritten_statement_returns_the_same_rows(database_on: Callable[[int], "Database"], major: int) -> None:
    database = database_on(major)
    database.execute(SCHEMA)
    snapshot = snapshot_of(database)
    assert CASES.keys() == set(rewrites.names())
    with database.connect() as connection:
        for name, statements in CASES.items():
            for sql, calls in statements:
                found = dict(rewrites.rewrites_of(Query(sql, "", snapshot)))
                assert name in found, sql
                for zone in ("UTC", "America/Havana", "Pacific/Apia") if name == "date_of_column" else ("UTC",):
                    connection.execute(f"set time zone '{zone}'")
                    rows = [same(connection, sql, found[name].sql, call) for call in calls]
                    assert any(rows), sql
                if "$" not in sql:
                    assert names_of(connection, sql) == names_of(connection, found[name].sql)


def names_of(connection: Any, sql: str) -> list[str]:
    return [column.name for column in connection.execute(sql.encode()).description]


def same(connection: Any, sql: str, rewritten: str, call: Values) -> list[Any]:
    rows = sorted(one_by_one(connection, sql, [call]), key=repr)
    assert rows == sorted(one_by_one(connection, rewritten, [call]), key=repr), (sql, rewritten, call)
    return rows


def test_what_may_return_other_rows_is_not_rewritten(database: "Database") -> None:
    database.execute(SCHEMA)
    snapshot = snapshot_of(database)
    for sql in LEFT_ALONE:
        assert list(rewrites.rewrites_of(Query(sql, "", snapshot))) == [], sql


def test_a_count_that_the_server_shows_without_its_number_is_left_alone_unless_it_was_seen(
    database: "Database",
) -> None:
    database.execute(SCHEMA)
    snapshot = snapshot_of(database)
    sql = "select count(*) > $2 from trips where name = $1"
    assert list(rewrites.rewrites_of(Query(sql, "", snapshot))) == []
    assert [name for name, _ in rewrites.rewrites_of(Query(sql, "", snapshot, ((2, "0"),)))] == ["count_for_existence"]


def test_only_what_the_planner_finds_cheaper_is_prescribed_with_the_index_that_it_needs(database: "Database") -> None:
    database.execute(SCHEMA)
    database.execute("""
        insert into trips select n, gen_random_uuid(), 0, n, 'n' || n, n % 900, n, timestamptz '2026-01-01 00:00+00'
            + n * interval '1 minute', null from generate_series(2000, 60000) n;
        create index on trips (name);
        analyze;
    """)
    by_day = "select id, name from trips where date(at) = $1"
    by_text = "select name from trips where id::text = $1"
    case = case_of(database, ("", by_day), ("", by_text), ("", "select id from trips where name = $1 or spare = $2"))
    found = {item.object.name: item for item in prescribed("rewrites", case)}
    assert found.keys() == {fingerprint(by_day), fingerprint(by_text)}
    day, text = found[fingerprint(by_day)], found[fingerprint(by_text)]
    assert [statement.sql.partition(" on ")[2] for statement in day.do] == ["public.trips (at)"]
    assert text.do == ()
    assert all(gain.cost_after < 0.1 * gain.cost_before for item in (day, text) for gain in item.gains)
    for statement in day.do:
        database.execute(statement.sql)
    assert database.execute(day.verify) == [(True,)]
    (again,) = prescribed("rewrites", case_of(database, ("", by_day)))
    assert again.do == ()


def test_a_light_statement_and_a_small_table_are_left_alone(database: "Database") -> None:
    database.execute("create table few (id integer primary key, at timestamptz)")
    database.execute("insert into few select n, now() from generate_series(1, 5) n; analyze few")
    assert advised("rewrites", case_of(database, ("", "select id from few where date(at) = $1"))) == []
    database.execute(SCHEMA)
    assert advised("rewrites", case_of(database, ("", "select 1 from trips where date(at) = $1"), calls=1)) == []
