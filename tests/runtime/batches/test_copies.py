"""COPY between other statements of one request, on both kinds of connection."""

import asyncio
import os
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from conftest import Database
from pgclinic_runtime.batches import Append
from pgclinic_runtime.batches.blocks import block_of
from pgclinic_runtime.batches.exactly_once import write_once
from pgclinic_runtime.batches.ledger import Ledger
from pgclinic_runtime.commands import drive
from pgclinic_runtime.copies import copied

pytestmark = pytest.mark.server

COPY = "begin; insert into keys values (1); copy events from stdin; commit"


def copy_with_threads(conninfo: str, query: str, data: Iterable[bytes]) -> list[Any]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        try:
            connection.wait(copied(connection.pgconn, query.encode(), data))
        finally:
            if not connection.closed:
                connection.execute("rollback")
        return connection.execute("select number from events order by number").fetchall()


def copy_with_asyncio(conninfo: str, query: str, data: Iterable[bytes]) -> list[Any]:
    async def main() -> list[Any]:
        async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
            try:
                await connection.wait(copied(connection.pgconn, query.encode(), data))
            finally:
                if not connection.closed:
                    await connection.execute("rollback")
            return await (await connection.execute("select number from events order by number")).fetchall()

    return asyncio.run(main())


@pytest.fixture(params=[copy_with_threads, copy_with_asyncio])
def copy(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def events(database: Database) -> Database:
    database.execute("create table events (number int, text text); create table keys (key int primary key)")
    return database


def test_all_statements_are_run_and_the_connection_goes_on(events: Database, copy: Any) -> None:
    assert copy(events.conninfo, COPY, [b"1\ta\n2\tb\n", b"3\tc\n"]) == [(1,), (2,), (3,)]
    assert events.execute("select * from keys") == [(1,)]
    assert copy(events.conninfo, "copy events from stdin", []) == [(1,), (2,), (3,)]


@pytest.mark.parametrize(
    ("before", "lines", "error"),
    [
        ("insert into keys values (1)", b"1\ta\n", psycopg.errors.UniqueViolation),
        ("drop table events", b"1\ta\n", psycopg.errors.UndefinedTable),
        ("create unique index on events (number)", b"1\ta\n1\tb\n", psycopg.errors.UniqueViolation),
        (
            "alter table events add unique (number) deferrable initially deferred",  # speaks at COMMIT
            b"1\ta\n1\tb\n",
            psycopg.errors.UniqueViolation,
        ),
        ("select", b"one\ta\n", psycopg.errors.InvalidTextRepresentation),
    ],
)
def test_the_first_error_is_told_and_nothing_after_it_is_done(
    events: Database, before: str, lines: bytes, error: type[Exception]
) -> None:
    events.execute(before)
    keys = events.execute("select * from keys")
    for copy in (copy_with_threads, copy_with_asyncio):
        with pytest.raises(error):
            copy(events.conninfo, COPY, [lines])
    assert events.execute("select * from keys") == keys
    if "drop" not in before:
        assert events.execute("select * from events") == []


def test_a_server_that_says_more_than_its_socket_holds_does_not_lock_it_up(events: Database, copy: Any) -> None:
    events.execute(
        "create function tell() returns trigger language plpgsql as"
        " $$begin raise notice '%', repeat('x', 2000); return new; end$$;"
        "create trigger tell before insert on events for each row execute function tell()"
    )
    count = 5_000  # 10 MB of notices, against 5 MB of rows
    data = [b"%d\t%s\n" % (number, b"y" * 1000) for number in range(count)]
    assert len(copy(events.conninfo, COPY, data)) == count


def test_a_connection_that_is_lost_in_its_midst_is_told(events: Database, copy: Any) -> None:
    def data() -> Iterator[bytes]:
        yield b"1\ta\n"
        events.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"
        )
        yield from [b"2\t%s\n" % (b"b" * 100_000)] * 200

    with pytest.raises(psycopg.OperationalError) as caught:
        copy(events.conninfo, COPY, data())
    assert caught.value.sqlstate in (None, "57P01")
    assert events.execute("select * from events") == []


def test_a_task_that_is_cancelled_in_its_midst_is_cancelled_and_has_written_nothing(events: Database) -> None:
    async def main() -> None:
        async with await psycopg.AsyncConnection.connect(events.conninfo, autocommit=True) as connection:
            sleeping = COPY.replace("copy", "select pg_sleep(30); copy")
            task = asyncio.create_task(connection.wait(copied(connection.pgconn, sleeping.encode(), [b"1\ta\n"])))
            await asyncio.sleep(0.2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await connection.execute("rollback")  # it goes on

    asyncio.run(main())
    assert events.execute("select * from events") == []


def test_a_group_is_one_request(shop: Database) -> None:
    shop.execute("create table events (number int, text text)")
    with shop.connect() as connection, tempfile.TemporaryFile() as file:
        form = drive(Append("events", ("number", "text")).form(), connection)
        connection.pgconn.trace(file.fileno())
        for _ in range(3):
            assert drive(write_once(uuid4(), [block_of([b"1\ta"] * 2000)], form, Ledger()), connection) == []
        connection.pgconn.untrace()
        file.seek(0, os.SEEK_SET)
        requests = [line for line in file.read().decode().splitlines() if "\tQuery\t" in line]
    assert len(requests) == 3
    assert shop.execute("select count(*) from events") == [(6000,)]
    assert shop.execute("select count(*), sum(rows) from pgclinic_runtime.written_groups") == [(3, 6000)]
