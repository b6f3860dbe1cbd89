"""psycopg, SQLAlchemy and Django on a real server, which says what texts it got."""

import asyncio
from typing import Any

import psycopg
import pytest
import sqlalchemy
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.ext.asyncio import create_async_engine

from conftest import Database
from pgclinic_runtime.guard import guard, ignore, tagged, watched
from pgclinic_runtime.guard.psycopg import counting_all
from pgclinic_runtime.guard.sqlalchemy import guard_engine

pytestmark = pytest.mark.server
TAGS = {"route": "/calls/{id}", "framework": "test"}
COMMENT = "/*framework='test',route='%2Fcalls%2F%7Bid%7D'*/"


@pytest.fixture
def shop(database: Database) -> Database:
    database.execute(
        "create extension pg_stat_statements; create table calls (id int primary key, phone text);"
        "insert into calls values (1, '100%')"
    )
    return database


def texts(database: Database) -> list[str]:
    return [
        text
        for (text,) in database.execute(
            "select query from pg_stat_statements where query ~ '(from|update) calls' and query not like '%pg_stat%'"
            " and dbid = (select oid from pg_database where datname = current_database()) order by query"
        )
    ]


def url(database: Database) -> sqlalchemy.URL:
    parts: dict[str, Any] = conninfo_to_dict(database.conninfo)
    return sqlalchemy.URL.create(
        "postgresql+psycopg",
        username=parts["user"],
        password=parts["password"],
        database=database.name,
        query={"host": parts["host"], "port": str(parts["port"])},
    )


@pytest.mark.parametrize("factory", [psycopg.Cursor, psycopg.ClientCursor, psycopg.RawCursor])
def test_cursors_count_and_tag(shop: Database, factory: Any) -> None:
    parameter = "$1" if factory is psycopg.RawCursor else "%s"
    percent = "%" if factory is psycopg.RawCursor else "%%"
    connection = guard(guard(psycopg.connect(shop.conninfo, autocommit=True, cursor_factory=factory)))
    with connection, watched(4, ignore) as tally, tagged(TAGS):
        for query in (
            f"select phone from calls where id = {parameter} and phone like '100{percent}'",
            f"select phone from calls where id = {parameter} and phone like '100{percent}'".encode(),
            sql.SQL(f"select {{}} from calls where id = {parameter}").format(sql.Identifier("phone")),
        ):
            assert connection.execute(query, [1]).fetchall() == [("100%",)]
        assert connection.execute("select id from calls where phone like '100%'").fetchall() == [(1,)]
        connection.cursor().executemany(f"update calls set phone = {parameter} where id = 2", [("a",), ("b",)])
        assert list(connection.cursor().stream("select 3 from calls")) == [(3,)]
    assert tally.statements == 6
    assert {text.endswith(COMMENT) for text in texts(shop)} == {True}


def test_async_cursors_count_and_tag(shop: Database) -> None:
    async def work() -> int:
        async with await psycopg.AsyncConnection.connect(shop.conninfo, autocommit=True) as connection:
            guard(connection)
            with watched(1, ignore) as tally, tagged(TAGS):
                for _ in range(3):
                    await connection.execute("select phone from calls where id = %s", [1])
            (repeated,) = tally.repeated(1)
            assert repeated.place.file == __file__
            return repeated.count

    assert asyncio.run(work()) == 3
    assert all(text.endswith(COMMENT) for text in texts(shop))


def test_engines_of_sqlalchemy_count_and_tag(shop: Database) -> None:
    engine = sqlalchemy.create_engine(url(shop))
    guard_engine(engine)
    guard_engine(engine)
    with engine.connect() as connection, watched(2, ignore) as tally, tagged(TAGS):
        for key in range(3):
            connection.execute(
                sqlalchemy.text("select phone from calls where id = :key and phone <> '%'"), {"key": key}
            )
    engine.dispose()
    assert [(each.count, each.place.file) for each in tally.repeated(2)] == [(3, __file__)]
    assert all(text.endswith(COMMENT) for text in texts(shop))


def test_async_engines_of_sqlalchemy_count(shop: Database) -> None:
    async def work() -> int:
        engine = create_async_engine(url(shop))
        guard_engine(engine)
        async with engine.connect() as connection:
            with watched(2, ignore) as tally:
                for key in range(3):
                    await connection.execute(sqlalchemy.text("select phone from calls where id = :key"), {"key": key})
        await engine.dispose()
        return tally.repeated(2)[0].count

    assert asyncio.run(work()) == 3


def test_everything_psycopg_sends_is_counted_once_for_tests(shop: Database) -> None:
    with counting_all(), watched(2, ignore) as tally:
        engine = sqlalchemy.create_engine(url(shop))
        with engine.connect() as connection:
            before = tally.statements
            connection.execute(sqlalchemy.text("select 1"))
            assert tally.statements == before + 1
        engine.dispose()
        with guard(psycopg.connect(shop.conninfo)) as guarded:
            before = tally.statements
            guarded.execute("select 2")
            assert tally.statements == before + 1
    assert "counting" not in psycopg.Cursor.execute.__qualname__
