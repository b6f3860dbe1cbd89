"""Whether changed conditions let the same rows through, asked of the rows themselves: read-only, under no lock.

The asker must be one whom row-level security does not bind. ``row_security = off`` makes PostgreSQL refuse the query
to anybody else, instead of answering about fewer rows.
"""

from collections.abc import Iterable

import msgspec
import psycopg

from pgclinic.model.prescription import EqualRows

_LONGEST_MS = 30_000


class Comparison(msgspec.Struct, frozen=True):
    """How many times the rows were compared, how many rows differed in all, and why it could not be asked otherwise.

    ``refusals`` are in the server's words, each once: a setting's value that the conditions cannot read, for example.
    """

    asked: int
    differing: int
    refusals: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool | None:
        """None where nothing could be compared."""
        return self.differing == 0 if self.asked else None


def compared(connection: psycopg.Connection, question: EqualRows, *, longest_ms: int = _LONGEST_MS) -> Comparison:
    """Ask under each of the settings, in one read-only transaction that is rolled back.

    The connection is in autocommit and idle. Raises psycopg.OperationalError when it is lost.
    """
    answers: list[int] = []
    refusals: dict[str, None] = {}
    connection.execute("begin transaction isolation level repeatable read, read only")
    try:
        connection.execute("set local row_security = off")
        connection.execute("select pg_catalog.set_config('statement_timeout', %s, true)", [str(longest_ms)])
        for settings in question.settings:
            try:
                answers.append(_differing(connection, question.sql, settings))
            except psycopg.errors.QueryCanceled as error:
                refusals[_words(error)] = None
                break  # the next one would take as long
            except psycopg.DatabaseError as error:
                if connection.closed:
                    raise
                refusals[_words(error)] = None
    finally:
        if not connection.closed:
            connection.execute("rollback")
    return Comparison(len(answers), sum(answers), tuple(refusals))


def _differing(connection: psycopg.Connection, sql: str, settings: Iterable[tuple[str, str]]) -> int:
    connection.execute("savepoint asking")
    try:
        for name, value in settings:
            connection.execute("select pg_catalog.set_config(%s, %s, true)", [name, value])
        row = connection.execute(sql.encode()).fetchone()
    finally:
        if not connection.closed:
            connection.execute("rollback to savepoint asking")
    assert row is not None
    return int(row[0])


def _words(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error)
