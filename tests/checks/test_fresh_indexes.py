"""Indexes of many kinds just after CREATE INDEX: none is called bloated, though judged far more strictly than usual."""

from typing import TYPE_CHECKING

import pytest

from pgclinic import checks
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from conftest import Database

_TABLE = """
create type state as enum ('new', 'open', 'closed');
create domain code as text;
create table kinds as
select n as id, n::bigint * 7919 as big, (n % 3)::smallint as three, n % 700 as often, md5(n::text)::uuid as token,
       md5(n::text) as hash, 'customer ' || n as name, repeat('x', n % 90) as width, (n % 11) / 4.0 as amount,
       n / 3.0 as fine, n::float8 / 7 as float, case when n % 20 = 0 then n end as seldom,
       timestamptz '2026-01-01' + n * interval '37 s' as at, date '2026-01-01' + n % 300 as day,
       jsonb_build_object('a', n % 50) as data, array[n % 9, n % 4] as list, n % 2 = 0 as flag,
       (array['new', 'open', 'closed'])[n % 3 + 1]::state as state, ('c' || n % 40)::code as of_domain,
       (n % 60)::text::char(10) as padded, int4range(n % 50, n % 50 + 3) as span, ('10.0.0.0'::inet + n) as address,
       'x'::text as same, interval '1 minute' * (n % 3) as span_of_time, null::text as nothing,
       repeat(md5(n::text), 40) as long_text
from generate_series(1, 30000) as n;
alter table kinds add primary key (id);
"""
_KEYS = (
    "id", "big", "three", "often", "token", "hash", "name", "width", "amount", "fine", "float", "seldom", "at", "day",
    "data", "list", "flag", "state", "of_domain", "padded", "span", "address", "same", "span_of_time", "nothing",
    "long_text",
    "three, at desc", "state, often", "flag, hash", "seldom, same", "lower(name)", "(data ->> 'a')",
)  # fmt: skip
_WAYS = (
    "create unique index on kinds (token)",
    "create index on kinds (id) include (name, amount)",
    "create index on kinds (often) with (fillfactor = 50)",
    "create index on kinds (often) with (deduplicate_items = off)",
    "create index on kinds (at) where flag",
    "create index on kinds (name) where seldom is not null",
    "create index on kinds using hash (name)",
    "create index on kinds using gin (data)",
    "create index on kinds using brin (at)",
    "create index on kinds using gist (span)",
)
_INDEXES = (*(f"create index on kinds ({keys})" for keys in _KEYS), *_WAYS)


@pytest.mark.server
def test_no_fresh_index_is_called_bloated(database_on_each: "Database") -> None:
    with database_on_each.connect() as connection:
        connection.execute(_TABLE)
        for sql in _INDEXES:
            connection.execute(sql)
        connection.execute("vacuum analyze")
    assert _bloated(database_on_each, factor=1.4) == []


@pytest.mark.server
def test_no_index_that_grew_row_by_row_is_called_bloated(database_on_each: "Database") -> None:
    with database_on_each.connect() as connection:
        connection.execute(_TABLE)
        connection.execute("alter table kinds rename to rows; alter index kinds_pkey rename to rows_pkey")
        connection.execute("create table kinds (like rows including indexes)")
        for sql in _INDEXES:
            connection.execute(sql)
        connection.execute("insert into kinds select * from rows order by md5(id::text)")
        connection.execute("drop table rows")
        connection.execute("vacuum analyze")
    assert _bloated(database_on_each, factor=float(checks.load("bloated_index").thresholds["factor"])) == []


def _bloated(database: "Database", factor: float) -> list[tuple[str, object]]:
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    check = checks.load("bloated_index")
    assert check.unmet(snapshot) is None
    assert len(snapshot.indexes) == len(_INDEXES) + 1
    found = check.examine(snapshot, factor=factor, min_waste_bytes=8192)
    return [(finding.object.name, finding.facts) for finding in found]
