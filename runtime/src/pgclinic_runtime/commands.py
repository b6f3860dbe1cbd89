"""What the policy asks of a connection, and the two drivers that do it: one for each kind of connection."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg import sql

Reply = list[tuple[Any, ...]]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Run:
    """Run a statement with ``$1`` …, or several without parameters; the reply is the rows of the last one."""

    statement: sql.SQL | sql.Composed
    parameters: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """Run ``copy … from stdin`` with this input; the reply is empty."""

    statement: sql.SQL | sql.Composed
    data: bytes


Command = Run | Copy


def drive(steps: Generator[Command, Reply, Result], connection: psycopg.Connection[Any]) -> Result:
    """Do on ``connection`` what ``steps`` ask for, and give them the database's errors."""
    try:
        command = next(steps)
        while True:
            try:
                reply = _run(command, connection)
            except psycopg.Error as error:
                command = steps.throw(error)
            else:
                command = steps.send(reply)
    except StopIteration as stop:
        result: Result = stop.value
        return result


async def drive_async(steps: Generator[Command, Reply, Result], connection: psycopg.AsyncConnection[Any]) -> Result:
    """As ``drive`` does."""
    try:
        command = next(steps)
        while True:
            try:
                reply = await _run_async(command, connection)
            except psycopg.Error as error:
                command = steps.throw(error)
            else:
                command = steps.send(reply)
    except StopIteration as stop:
        result: Result = stop.value
        return result


def _run(command: Command, connection: psycopg.Connection[Any]) -> Reply:
    with psycopg.RawCursor(connection) as cursor:
        if isinstance(command, Copy):
            with cursor.copy(command.statement) as copy:
                copy.write(command.data)
            return []
        cursor.execute(command.statement, command.parameters)
        while cursor.nextset():
            pass
        return cursor.fetchall() if cursor.description else []


async def _run_async(command: Command, connection: psycopg.AsyncConnection[Any]) -> Reply:
    async with psycopg.AsyncRawCursor(connection) as cursor:
        if isinstance(command, Copy):
            async with cursor.copy(command.statement) as copy:
                await copy.write(command.data)
            return []
        await cursor.execute(command.statement, command.parameters)
        while cursor.nextset():
            pass
        return await cursor.fetchall() if cursor.description else []
