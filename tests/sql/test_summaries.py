"""Statements that read kept sums give the rows that the original gives, whatever the data, bounds and zones."""

import random
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgclinic.model.names import RelationName
from pgclinic.sql.sources import CatalogRelation
from pgclinic.sql.summaries import Kept, Summary, definition_of, rewritten, summaries_in, united

if TYPE_CHECKING:
    from conftest import Database

_TABLE = RelationName("public", "events")
_TYPES = {
    "id": "integer",
    "at": "timestamp with time zone",
    "local": "timestamp without time zone",
    "kind": "text",
    "day": "text",
    "size": "integer",
    "small": "smallint",
    "big": "bigint",
    "price": "numeric(10,2)",
    "weight": "double precision",
}
_VIEW = """
    select date(events.at) as d, count(*) as n, count(distinct kind) as kinds, avg(size) as mean,
           percentile_cont(0.5) within group (order by size) as middle, count(*) filter (where kind = 'a') as a
    from events where events.at >= (current_date - 3) and size is not null
    group by (date(events.at)) order by date(events.at) desc
"""
_RELATIONS = {
    "events": CatalogRelation(_TABLE, tuple(_TYPES)),
    "daily": CatalogRelation(RelationName("public", "daily"), ("d", "n", "kinds", "mean", "middle", "a"), _VIEW),
}


def resolver(schema: str, name: str) -> CatalogRelation | None:
    return _RELATIONS.get(name) if schema in {"", "public"} else None


def summaries(sql: str) -> tuple[Summary | str, ...]:
    return summaries_in(sql, resolver, {_TABLE: _TYPES})


def reading(sql: str, kept: Summary) -> str:
    return rewritten(
        sql,
        resolver,
        {_TABLE: _TYPES},
        lambda part: Kept("public.kept") if kept.serves(part) else None,
    )


def fill(connection: psycopg.Connection, seed: int) -> None:
    """Some hundred events of two weeks until tomorrow, many at midnight, some without a moment or a kind."""
    connection.execute("drop table if exists events cascade")
    columns = ", ".join(f"{name} {type_}" for name, type_ in _TYPES.items())
    connection.execute(f"create table events ({columns})")
    connection.execute("select setseed(%s)", [seed / 100])
    connection.execute("""
        insert into events
        select n, case when n % 17 > 0 then date_trunc(
                   case n % 3 when 0 then 'day' when 1 then 'hour' else 'microsecond' end,
                   now() + interval '1 day' - random() * interval '14 days', 'UTC') end,
               date_trunc(case n % 2 when 0 then 'day' else 'second' end,
                   localtimestamp - random() * interval '14 days'),
               (array['a', 'b', 'c', null])[1 + floor(random() * 4)], 'd' || floor(random() * 2),
               nullif(floor(random() * 50)::int, 7), random() * 9, (random() * 1e12)::bigint,
               round((random() * 1000)::numeric, 2), random()
        from generate_series(1, 400) n
    """)
    connection.execute(f"create view daily as {_VIEW}")


_AGGREGATES = (
    "count(*)", "count(size)", "sum(size)", "avg(size)", "avg(price)", "sum(price)", "sum(big)", "avg(big)",
    "avg(small)", "min(size)", "max(price)", "min(kind)", "max(at)", "count(*) filter (where kind = 'a')",
    "count(*) filter (where kind = $1 or size > 10)", "sum(price) filter (where kind is null)",
    "avg(size) filter (where day = 'd1')", "round(100.0 * count(*) filter (where kind = 'b') / nullif(count(*), 0), 1)",
    "coalesce(sum(small), 0) + count(price)",
)  # fmt: skip
_BOUNDS = (
    "", "at >= $2", "at > $2", "at < $3", "at <= $3", "at >= $2 and at < $3", "at > $2 and at <= $3",
    "at between $2 and $3", "at >= now() - interval '3 days'", "$2 <= at", "local >= $4", "local < $4",
    "at >= current_date - 3", "at >= date_trunc('day', now()) and at < now()",
)  # fmt: skip
_CONDITIONS = ("", "kind = $1", "kind in ('a', 'b')", "day <> 'd0'", "kind is not null and size > 5")
_KEYS = ("", "kind", "kind, day", "day")


def statement(chance: random.Random) -> str:
    keys = chance.choice(_KEYS)
    targets = chance.sample(_AGGREGATES, k=chance.randint(1, 4))
    conditions = [each for each in (chance.choice(_BOUNDS), chance.choice(_CONDITIONS)) if each]
    having = " having count(*) > 2" if keys and chance.random() < 0.3 else ""
    source = chance.choice(["events", "events e"])
    return (
        f"select {', '.join([*keys.split(', '), *targets] if keys else targets)} from {source}"
        f"{' where ' if conditions else ''}{' and '.join(conditions)}"
        f"{f' group by {keys}' if keys else ''}{having}{f' order by {keys}' if keys else ''}"
    )


def values(chance: random.Random) -> list[str]:
    """A kind, two moments (often midnights, sometimes the wrong way round), a moment without a zone."""
    moments = []
    for _ in range(3):
        day, is_midnight = chance.randint(-2, 15), chance.random() < 0.4
        part = "00:00:00" if is_midnight else f"{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:10.5"
        moments.append((day, part))
    (one, two, three) = (f"(current_date - {day})::text || ' {part}'" for day, part in moments)
    return [
        f"'{chance.choice('abx')}'",
        f"({one} || '+00')::timestamptz",
        f"({two} || '+00')::timestamptz",
        f"({three})::timestamp",
    ]


def rows(connection: psycopg.Connection, sql: str, arguments: list[str]) -> list[tuple[object, ...]]:
    """What a prepared statement gives, as text, so that trailing digits count too."""
    connection.execute("deallocate all")
    connection.execute(f"prepare asked (text, timestamptz, timestamptz, timestamp) as select r::text from ({sql}) r")
    return connection.execute(f"execute asked ({', '.join(arguments)})").fetchall()


@pytest.mark.server
@pytest.mark.parametrize("seed", range(3))
def test_rewritten_statements_give_the_same_rows(database_on_each: "Database", seed: int) -> None:
    chance = random.Random(seed)
    compared = 0
    with database_on_each.connect(prepare_threshold=None) as connection:
        fill(connection, seed)
        for _ in range(30):
            sql = statement(chance)
            (summary,) = summaries(sql)
            if isinstance(summary, str):
                continue
            connection.execute("drop materialized view if exists kept")
            connection.execute(f"create materialized view kept as {definition_of(summary)}")
            instead = reading(sql, summary)
            assert "kept" in instead
            for _ in range(2):
                connection.execute(
                    "select set_config('timezone', %s, false)", [chance.choice(["UTC", "America/St_Johns"])]
                )
                arguments = values(chance)
                assert rows(connection, instead, arguments) == rows(connection, sql, arguments), (
                    sql,
                    instead,
                    arguments,
                )
                compared += 1
    assert compared > 30


@pytest.mark.server
def test_a_view_by_day_gives_the_same_rows_and_an_error_in_another_zone(database_on_each: "Database") -> None:
    sql = "select d, n, kinds, mean, middle, a from daily order by d"
    (summary,) = summaries(sql)
    assert isinstance(summary, Summary)
    assert summary.is_whole
    with database_on_each.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        fill(connection, 5)
        connection.execute(f"create materialized view kept as {definition_of(summary)}")
        instead = reading(sql, summary)
        assert connection.execute(instead).fetchall() == connection.execute(sql).fetchall()
        plan = [line for (line,) in connection.execute(f"explain (costs off) {instead}")]
        assert not any("events" in line for line in plan)
        connection.execute("set timezone = 'America/St_Johns'")
        with pytest.raises(psycopg.DataError, match="those of UTC, not of America/St_Johns"):
            connection.execute(instead)


_SPANS = (
    "date_trunc('hour', at)", "date_trunc('hour', local)", "date_bin('15 minutes', at, '2001-02-03')",
    "extract(hour from at)", "date_part('hour', local)", "date_trunc('minute', at)",
    "date_bin('06:00', local, timestamp '2000-01-01')",
)  # fmt: skip
_WINDOWS = (
    "at >= now() - interval '24 hours'", "at between now() - interval '1 day' and now()", "at > $2 and at <= $3",
    "at >= $2 and at < $3", "at >= $2", "at >= date_trunc('hour', now() - interval '2 days')", "at < current_date", "",
)  # fmt: skip
_LOCAL_WINDOWS = ("local >= $4", "local < $4", "")


def by_span(chance: random.Random) -> str:
    """A statement by hours or the like, over a window; sometimes of what cannot be put together."""
    span, key = chance.choice(_SPANS), chance.choice(["", ", kind"])
    targets = chance.sample((*_AGGREGATES, "count(distinct size)"), k=2)
    window = chance.choice(_LOCAL_WINDOWS if "local" in span else _WINDOWS)
    return (
        f"select {span} as {chance.choice(['hour', 'moment', 'at'])}{key}, {', '.join(targets)} from events"
        f"{window and f' where {window}'} group by {span}{key} order by 1, 2"
    )


@pytest.mark.server
@pytest.mark.parametrize("seed", range(2))
def test_statements_by_hours_and_other_spans_give_the_same_rows_or_an_error(
    database_on_each: "Database", seed: int
) -> None:
    chance = random.Random(seed)
    compared = refused = 0
    with database_on_each.connect(prepare_threshold=None) as connection:
        fill(connection, seed)
        for _ in range(25):
            sql = by_span(chance)
            (summary,) = summaries(sql)
            if isinstance(summary, str):
                continue
            connection.execute("drop materialized view if exists kept")
            connection.execute(f"create materialized view kept as {definition_of(summary)}")
            instead = reading(sql, summary)
            arguments = values(chance)
            for zone in ("UTC", "America/New_York", "Asia/Kathmandu"):
                connection.execute("select set_config('timezone', %s, false)", [zone])
                try:
                    found = rows(connection, instead, arguments)
                except psycopg.errors.InvalidTextRepresentation:
                    refused += zone == "Asia/Kathmandu"
                    if zone == "Asia/Kathmandu":
                        continue
                    raise
                assert found == rows(connection, sql, arguments), (sql, instead, arguments, zone)
                compared += 1
    assert compared > 20
    assert refused > 3


def test_the_spans_are_the_shortest_that_are_asked_for() -> None:
    asked = (
        "select date(at), count(*) from events where at >= current_date - 3 group by 1",
        "select date_trunc('hour', at), kind, sum(size) from events where at >= $2 group by 1, 2",
        "select kind, count(*) from events where at >= $2 group by kind",
    )
    found = [each for sql in asked for each in summaries(sql) if isinstance(each, Summary)]
    assert [each.span for each in found] == [86_400, 3_600, 86_400]
    together = united(found)
    assert together is not None
    assert (together.span, together.bucket, together.keys) == (3_600, "hour", ("kind",))
    assert all(together.serves(each) for each in found)
    assert not found[0].serves(together)
    (by_day,) = summaries("select day, count(*) from events where at >= $2 group by day")
    assert isinstance(by_day, Summary)
    assert united([together, by_day]) is None


@pytest.mark.server
def test_hours_serve_those_who_ask_by_day(database: "Database") -> None:
    hours, days = (
        "select date_trunc('hour', at), count(*) from events where at >= $2 group by 1 order by 1",
        "select date(at), count(*), avg(size) from events where at >= current_date - 3 group by 1 order by 1",
    )
    together = united([each for sql in (hours, days) for each in summaries(sql) if isinstance(each, Summary)])
    assert together is not None
    source = Kept("public.kept", summary=together)
    with database.connect(prepare_threshold=None) as connection:
        fill(connection, 3)
        connection.execute(f"create materialized view kept as {definition_of(together)}")
        for zone in ("UTC", "America/New_York"):
            connection.execute("select set_config('timezone', %s, false)", [zone])
            for sql in (hours, days):
                instead = rewritten(sql, resolver, {_TABLE: _TYPES}, lambda _: source)
                arguments = values(random.Random(sql))
                assert "kept" in instead
                assert rows(connection, instead, arguments) == rows(connection, sql, arguments)


@pytest.mark.server
def test_one_summary_serves_several_statements(database: "Database") -> None:
    asked = (
        "select kind, count(*) from events where at >= $2 group by kind order by 1",
        "select day, sum(size), avg(price) from events where at >= $2 and at < $3 group by day order by 1",
        "select kind as rows, count(*) from events where at >= $2 group by rows order by 1",
    )
    with_time = [each for sql in asked for each in summaries(sql) if isinstance(each, Summary)]
    assert with_time
    together = united(with_time)
    assert together is not None
    assert together.keys == ("kind", "day")
    with database.connect(prepare_threshold=None) as connection:
        fill(connection, 1)
        connection.execute(f"create materialized view kept as {definition_of(together)}")
        for sql in asked:
            arguments = values(random.Random(sql))
            assert rows(connection, reading(sql, together), arguments) == rows(connection, sql, arguments)


@pytest.mark.parametrize(
    "sql",
    [
        "select percentile_cont(0.5) within group (order by size) from events where at >= $1",
        "select count(distinct kind) from events where at >= $1",
        "select date(at), count(distinct kind) from events where at >= $1 group by 1",
        "select date(at), count(distinct kind) from events where at >= current_date - 3 and kind = $1 group by 1",
        "select sum(weight) from events where at >= $1",
        "select kind, random(), count(*) from events group by kind",
        "select count(*) from events where at >= clock_timestamp()",
        "select count(*) over (), count(*) from events group by kind",
        "select count(*) from events where lower(kind) = 'a'",
        "select kind, count(*) from events group by rollup (kind)",
        "select count(*) from events where local >= now() - interval '1 day'",
        "select count(*) from events where at >= $1 and extract(hour from at) = 3",
        "select string_agg(kind, ',') from events",
        "with events as (select 1 as size) select count(*) from events",
        "select count(*) from events e (a) where at >= $1",
        "select price, count(*) from events group by price",
        "select date(at), count(distinct kind), count(*) filter (where kind = $1) from events group by 1",
        "select distinct count(*) from events group by kind",
        "select count(*) from events where kind = current_user",
        "select id, count(*) from events group by kind, id + 1",
        "select extract(hour from at), count(distinct kind) from events group by 1",
        "select date_bin('7 minutes', at, '2000-01-01'), count(*) from events group by 1",
        "select date_bin('1 hour', at, '2000-01-01 00:30'), count(*) from events group by 1",
        "select date_trunc('second', at), count(*) from events group by 1",
        "select extract(minute from at), count(*) from events group by 1",
    ],
)
def test_what_cannot_be_put_together_is_left_alone(sql: str) -> None:
    assert all(isinstance(each, str) for each in summaries(sql))
    kept = Summary(table=_TABLE)
    assert "kept" not in reading(sql, kept)
