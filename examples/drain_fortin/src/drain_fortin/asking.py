"""Statements asked on one connection, with what the treatment replaced."""

from typing import Any, TypeVar

import psycopg
from psycopg.rows import class_row

from drain_fortin.reading import Reading
from drain_fortin.statements import Statements

Row = TypeVar("Row")


class Asking(Reading):
    """Reads and writes on a connection that somebody else opened and will close."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], statements: Statements) -> None:
        self._connection = connection
        self._statements = statements

    async def rows(self, name: str, kind: type[Row], *parameters: Any) -> list[Row]:
        statement = self._statements[name]
        async with psycopg.AsyncRawCursor(self._connection, row_factory=class_row(kind)) as cursor:
            await cursor.execute(statement.text, statement.parameters(parameters))
            return await cursor.fetchall()

    async def write(self, name: str, *calls: tuple[Any, ...]) -> None:
        """Run the statement of this name, once for as many of these calls as it can stand for."""
        statement = self._statements[name]
        async with psycopg.AsyncRawCursor(self._connection) as cursor:
            for start in range(0, len(calls), statement.calls):
                await cursor.execute(statement.text, statement.parameters(*calls[start : start + statement.calls]))
