"""One logged-in session of an ordinary role, asked for plans without any detour: a script goes, a document comes.

libpq is driven directly because a plan takes a millisecond, and a cursor would take a third of one.
"""

import contextlib
import select
from collections.abc import Iterator
from typing import Self

import psycopg
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

_ANSWERS = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK, ExecStatus.EMPTY_QUERY})


class Session:
    """A connection in autocommit. After an error it is as before, or ``is_broken``."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        self._connection = connection
        self._poll = select.poll()
        self._poll.register(connection.pgconn.socket, select.POLLIN)

    @classmethod
    def open(cls, conninfo: str) -> Self:
        """Connect. Raises psycopg.OperationalError."""
        return cls(psycopg.connect(conninfo, autocommit=True, client_encoding="utf8"))

    @property
    def is_broken(self) -> bool:
        """Whether it can be asked no more."""
        return self._connection.closed or self._connection.pgconn.status != ConnStatus.OK

    def close(self) -> None:
        """End it. Safe to call twice."""
        self._connection.close()

    def run(self, statement: str) -> None:
        """Run exactly one statement, whatever its text holds. Raises psycopg.Error, or ValueError for odd text."""
        result = self._connection.pgconn.exec_params(_encoded(statement), None)
        if result.status not in _ANSWERS:
            raise self._failure(result.error_message)

    def ask(self, script: str) -> bytes:
        """The one value that a script of several statements answers with. Raises psycopg.Error, or ValueError."""
        encoded = _encoded(script)
        try:
            self._send(encoded)
            results = list(self._results())
        except BaseException:
            self.close()  # lost, or interrupted with an answer under way
            raise
        for result in results:
            if result.status not in _ANSWERS:
                self._recover()
                raise self._failure(result.error_message)
        return next((result.get_value(0, 0) or b"" for result in results if result.ntuples), b"")

    def _send(self, script: bytes) -> None:
        connection = self._connection.pgconn
        connection.send_query(script)
        while connection.flush():
            select.select([], [connection.socket], [])

    def _results(self) -> Iterator[PGresult]:
        connection = self._connection.pgconn
        while True:
            while connection.is_busy():
                self._poll.poll()
                connection.consume_input()
            result = connection.get_result()
            if result is None:
                return
            yield result

    def _recover(self) -> None:
        if self.is_broken:
            self.close()
            return
        with contextlib.suppress(psycopg.Error):
            if self._connection.pgconn.transaction_status != TransactionStatus.IDLE:
                self._connection.pgconn.exec_(b"rollback")
            self._connection.pgconn.exec_(b"deallocate all")

    def _failure(self, message: bytes) -> psycopg.Error:
        kind = psycopg.OperationalError if self.is_broken else psycopg.DatabaseError
        return kind(message.decode(errors="replace"))


def _encoded(text: str) -> bytes:
    """UTF-8, as every session of the twin speaks. Raises ValueError for what no server would take."""
    if "\0" in text:
        raise ValueError("a statement cannot hold a zero byte")
    return text.encode()
