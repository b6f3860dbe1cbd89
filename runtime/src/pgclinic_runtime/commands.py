"""What a policy asks of a connection, and how it is done on either kind of connection."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from pgclinic_runtime.copies import copied
from pgclinic_runtime.steps import Steps, run, run_async

Reply = list[tuple[Any, ...]]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Run:
    """Run a statement with ``$1`` …, or several without parameters; the reply is the rows of the last one."""

    statement: sql.SQL | sql.Composed
    parameters: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """Run ``copy … from stdin`` with this input, other statements around it in the same request; no reply."""

    statement: sql.SQL | sql.Composed
    data: Iterable[bytes]
    before: sql.SQL | sql.Composed | None = None
    after: sql.SQL | sql.Composed | None = None

    def query(self, connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> bytes:
        """All statements."""
        parts = [part for part in (self.before, self.statement, self.after) if part is not None]
        return sql.SQL("; ").join(parts).as_bytes(connection)


@dataclass(frozen=True, slots=True)
class RunEach:
    """Run a statement with each of these parameters, the next being made while the server works; no reply."""

    statement: sql.SQL | sql.Composed
    parameters: Iterable[tuple[Any, ...]]


Command = Run | RunEach | Copy


def drive(commands: Generator[Command, Reply, Result], connection: psycopg.Connection[Any]) -> Result:
    """Do on ``connection`` what is asked for, and hand the database's errors to who asked."""
    return run(_actions(commands, lambda command: _run(command, connection)))


async def drive_async(commands: Generator[Command, Reply, Result], connection: psycopg.AsyncConnection[Any]) -> Result:
    """As ``drive`` does."""
    return await run_async(_actions(commands, lambda command: _run_async(command, connection)))


def _actions(commands: Generator[Command, Reply, Result], do: Callable[[Command], Any]) -> Steps[Result]:
    try:
        command = next(commands)
        while True:
            try:
                reply = yield partial(do, command)
            except psycopg.Error as error:
                command = commands.throw(error)
            else:
                command = commands.send(reply)
    except StopIteration as stop:
        result: Result = stop.value
        return result


def _run(command: Command, connection: psycopg.Connection[Any]) -> Reply:
    if isinstance(command, Copy):
        connection.wait(copied(connection.pgconn, command.query(connection), command.data))
        return []
    with psycopg.RawCursor(connection) as cursor:
        if isinstance(command, RunEach):
            cursor.executemany(command.statement, command.parameters)
            return []
        cursor.execute(command.statement, command.parameters)
        while cursor.nextset():
            pass
        return cursor.fetchall() if cursor.description else []


async def _run_async(command: Command, connection: psycopg.AsyncConnection[Any]) -> Reply:
    if isinstance(command, Copy):
        await connection.wait(copied(connection.pgconn, command.query(connection), command.data))
        return []
    async with psycopg.AsyncRawCursor(connection) as cursor:
        if isinstance(command, RunEach):
            await cursor.executemany(command.statement, command.parameters)
            return []
        await cursor.execute(command.statement, command.parameters)
        while cursor.nextset():
            pass
        return await cursor.fetchall() if cursor.description else []
