"""COPY with other statements before and after it in one request, which psycopg's own ``Cursor.copy`` does not take.

A group of rows then needs two round trips and not four: one to the server's word that it is ready for rows, one to the
end of the transaction. Written on psycopg's documented wrapper of libpq, for both kinds of connection.
"""

from collections.abc import Generator, Iterable

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait

Talk = Generator[Wait, Ready | int | None, None]
"""What a connection's ``wait`` drives: yields what to wait for, is sent what came, or None after it has cancelled."""

_FAILED = (ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE, ExecStatus.PIPELINE_ABORTED)


def copied(connection: PGconn, query: bytes, data: Iterable[bytes]) -> Talk:
    """Send statements of which one is ``copy … from stdin``, and ``data`` for it.

    Raises:
        psycopg.Error: of the first statement that fails; the server has run none after it. What ``data`` raises leaves
            the connection in the midst of COPY: it is to be closed.
    """
    connection.send_query(query)
    yield from _flushed(connection)
    yield from _ended(connection)
    for piece in data:
        while not connection.put_copy_data(piece):
            yield from _flushed(connection)
        yield from _flushed(connection)
    while not connection.put_copy_end():
        yield from _flushed(connection)
    yield from _flushed(connection)
    yield from _ended(connection)


def _flushed(connection: PGconn) -> Talk:
    while connection.flush():
        # Who only sends may wait for a server that waits to be read.
        if ((yield Wait.RW) or 0) & Ready.R:
            connection.consume_input()


def _ended(connection: PGconn) -> Talk:
    """Take results in, until there is none or COPY wants its rows; the first that failed is raised at the end."""
    failed: PGresult | None = None
    while True:
        while connection.is_busy():
            if (yield Wait.R):
                connection.consume_input()
        result = connection.get_result()
        if result is None or result.status == ExecStatus.COPY_IN:
            break
        if failed is None and result.status in _FAILED:
            failed = result
    if failed is not None:
        raise _error(failed)


def _error(result: PGresult) -> psycopg.Error:
    if result.error_field(DiagnosticField.SQLSTATE) is None:  # libpq's own: the connection is lost
        return psycopg.OperationalError(result.error_message.decode(errors="replace"))
    return error_from_result(result)
