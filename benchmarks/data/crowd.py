"""A server with many tables and many statements, made on the spot: names and shapes are invented, catalogs are real."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from pgclinic.instance import Instance, binaries_for, start

ROWS = 200
"""In each table, so that ANALYZE has something to learn."""

_TABLES = """
do $$
begin
    for n in 1..{count} loop
        execute format('create table t%s (id int primary key, name text, state int, at timestamptz, more jsonb)', n);
        execute format('insert into t%s select g, md5(g::text), g %% 7, now(), jsonb_build_object(''a'', g) '
                       'from generate_series(1, {rows}) g', n);
        execute format('create index on t%s (state, at)', n);
        if n % 50 = 0 then
            commit;
        end if;
    end loop;
end $$
"""
_STATEMENTS = """
do $$
begin
    for n in 1..{count} loop
        execute format('select id from t%s where state = 3%s', 1 + n % {tables}, repeat(' and id > 7', n / {tables}));
        if n % 500 = 0 then
            commit;
        end if;
    end loop;
end $$
"""


@contextmanager
def crowded(tables: int, statements: int, *, major: int = 18) -> Iterator[Instance]:
    """A server of its own with so many tables, analysed, and so many different statements counted."""
    settings = {
        "shared_preload_libraries": "pg_stat_statements",
        "pg_stat_statements.max": str(max(100, 2 * statements)),
        "shared_buffers": "256MB",
        "autovacuum": "off",
        "jit": "off",
    }
    with start(binaries_for(major), settings=settings) as instance:
        with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
            connection.execute("create extension pg_stat_statements")
            connection.execute("set pg_stat_statements.track = none")
            connection.execute(_TABLES.format(count=tables, rows=ROWS))
            connection.execute("analyze")
            connection.execute("set pg_stat_statements.track = 'all'")
            connection.execute(_STATEMENTS.format(count=statements, tables=tables))
        yield instance
