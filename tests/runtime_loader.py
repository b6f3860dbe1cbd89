"""What tests of loaders share."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import psycopg

from conftest import Database


class Shop:
    """Five calls with leads, and how often a loader asked for them."""

    def __init__(self, database: Database) -> None:
        self.conninfo = database.conninfo
        self.execute = database.execute
        self.execute(
            "create extension pg_stat_statements;"
            "create table calls (id int primary key, phone text, tags text[], unique (phone, id));"
            "create table leads (id int primary key, call_id int references calls, score int, name text);"
            "create index on leads (call_id, score desc);"
            "insert into calls select i, (i * 11)::text, array['t' || i] from generate_series(1, 5) as i;"
            "insert into leads select i, 1 + i % 4, i * 7 % 10, 'lead ' || i from generate_series(1, 40) as i;"
            "insert into leads values (99, 1, null, 'last')"
        )

    def asked(self) -> int:
        """Statements of loaders since the last time, as the server counted them."""
        rows = self.execute(
            "select coalesce(sum(calls), 0)::int from pg_stat_statements where query like '%ordinality as asked%'"
            " and query not like '%pg_stat_statements%'"
            " and dbid = (select oid from pg_database where datname = current_database())"
        )
        self.execute(
            "select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0)"
        )
        return int(rows[0][0])


def connecting(conninfo: str) -> Callable[[], Any]:
    """What ``AsyncLoader`` asks for a connection, without a pool."""

    @contextlib.asynccontextmanager
    async def connect() -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        async with await psycopg.AsyncConnection.connect(conninfo) as connection:
            yield connection

    return connect
