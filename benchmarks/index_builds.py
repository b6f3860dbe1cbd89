"""Sizes and build times of indexes of every kind: what the statistics say against what CREATE INDEX does.

One table of half a million rows; everything in memory and one process a build, so that the times are the constants of
``pgclinic.sizes.building`` and nothing else. A size is a success within 15 % for a B-tree, and within a factor
of two for all others.
"""

import time
from collections.abc import Iterator, Sequence

import psycopg

from benchmarks.data.planned import snapshot_of
from benchmarks.data.servers import Server, server
from benchmarks.report import Row
from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.sizes import build_seconds, index_pages
from pgclinic.sql import quote

MAJORS = (15, 18)
ROWS = 500_000
DATABASE = "index_builds"
TABLE = RelationName("public", "readings")
_SETUP = f"""
create table readings as
select n as id, (n::int8 * 7919 % 1000003)::int as code, n % 100 as few, md5(n::text) as name,
    (n::int8 * 7919 % 1000003)::numeric / 100 as amount, timestamptz '2024-01-01' + n * interval '1 minute' as at,
    jsonb_build_object('user', n % 5000, 'state', n % 4, 'note', md5(n::text)) as body,
    array[n % 500, n % 1300] as numbers, point(n::int8 * 7919 % 10007, n::int8 * 104729 % 10009) as place,
    int4range(n, n + n % 100 + 1) as span
from generate_series(1, {ROWS}) as n
"""
_KEYS = (
    ("btree", "id"),
    ("btree", "code"),
    ("btree", "few"),
    ("btree", "name"),
    ("btree", "amount"),
    ("btree", "few code"),
    ("hash", "code"),
    ("gin", "numbers"),
    ("gin", "body"),
    ("gist", "place"),
    ("gist", "span"),
    ("spgist", "place"),
    ("brin", "at"),
)


def run() -> Sequence[Row]:
    return [row for major in MAJORS for row in _on(major)]


def _on(major: int) -> Iterator[Row]:
    with server(major) as source:
        with psycopg.connect(source.conninfo(), autocommit=True) as connection:
            connection.execute(f"drop database if exists {DATABASE}")
            connection.execute(f"create database {DATABASE}")
        try:
            yield from _builds(source)
        finally:
            with psycopg.connect(source.conninfo(), autocommit=True) as connection:
                connection.execute(f"drop database {DATABASE}")


def _builds(source: Server) -> Iterator[Row]:
    with psycopg.connect(source.conninfo(DATABASE), autocommit=True) as connection:
        connection.execute(_SETUP)
        connection.execute("vacuum analyze readings")
        snapshot = snapshot_of(source.conninfo(DATABASE))
        connection.execute("set max_parallel_maintenance_workers = 0")
        for method, names in _KEYS:
            keys = tuple(IndexKey(name) for name in names.split())
            definition = IndexDefinition(TABLE, keys, method=method)
            yield from _build(connection, snapshot, definition, f"PostgreSQL {source.major}, {method} ({names})")


def _build(
    connection: psycopg.Connection, snapshot: Snapshot, definition: IndexDefinition, subject: str
) -> Iterator[Row]:
    table = snapshot.relation_by_name[TABLE]
    begun = time.perf_counter()
    connection.execute(quote.create_index(definition, "built"))
    seconds = time.perf_counter() - begun
    ((pages,),) = connection.execute("select pg_relation_size('built') / 8192").fetchall()
    connection.execute("drop index built")
    ratio = index_pages(snapshot, table, definition) / pages
    limit = 1.15 if definition.method == "btree" else 2.0
    passes = 1 / limit <= ratio <= limit
    yield Row(subject=subject, figure="size, estimated/built", value=ratio, line=f"within {limit}", passes=passes)
    yield Row(subject=subject, figure="build", value=seconds, unit="s")
    yield Row(subject=subject, figure="build, estimated", value=build_seconds(snapshot, table, definition), unit="s")
