"""Many questions in one round trip, each of which may fail without harm to the others.

libpq's pipeline mode through psycopg's ``pq``: every question stands between a savepoint and a rollback to it, with a
synchronisation point behind, so that its error is its own. Rows come as JSON, which decodes straight into nouns.
See https://www.postgresql.org/docs/current/libpq-pipeline-mode.html.
"""

from collections.abc import Generator, Iterable

import msgspec
import psycopg
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait

from pgclinic.probes.query import Query
from pgclinic.probes.scope import marked

_SAVEPOINT = marked("savepoint pgclinic").encode()
_ROLLBACK = marked("rollback to savepoint pgclinic").encode()


class Answer(msgspec.Struct, frozen=True):
    """The rows, each a JSON object without its nulls; or the error's SQLSTATE and message."""

    rows: tuple[bytes, ...] = ()
    sqlstate: str = ""
    message: str = ""

    @property
    def as_sentence(self) -> str:
        """The error's message for people."""
        message = self.message.strip().rstrip(".")
        return f"{message[:1].upper()}{message[1:]}."


def answers(connection: psycopg.Connection, queries: Iterable[Query]) -> list[Answer]:
    """The answers in order. Must be called inside a transaction, which is left as it was.

    Raises psycopg.OperationalError when the connection breaks.
    """
    pgconn = connection.pgconn
    with connection.lock:
        pgconn.nonblocking = 1
        pgconn.enter_pipeline_mode()
        try:
            synchronisations = sum(_send(pgconn, query) for query in queries)
            results = connection.wait(_received(pgconn, synchronisations))
        finally:
            if not connection.closed:
                pgconn.exit_pipeline_mode()
                pgconn.nonblocking = 0
    return [_answer(result) for result in results[1::3]]


def _send(pgconn: PGconn, query: Query) -> int:
    """Queue a question; says how many synchronisation points it will answer with."""
    sql = marked(f"select pg_catalog.json_strip_nulls(pg_catalog.row_to_json(answer)) from ({query.sql}) answer")
    parameters = [text.encode() for text in query.parameters]
    pgconn.send_query_params(_SAVEPOINT, None)
    pgconn.send_query_params(sql.encode(), parameters)
    pgconn.pipeline_sync()
    pgconn.send_query_params(_ROLLBACK, None)
    pgconn.pipeline_sync()
    return 2


def _received(pgconn: PGconn, synchronisations: int) -> Generator[Wait, Ready | int, list[PGresult]]:
    """Every result but the synchronisation points, writing and reading as the socket allows."""
    results: list[PGresult] = []
    unsent = True
    while synchronisations:
        ready = yield Wait.RW if unsent else Wait.R
        if ready & Ready.W:
            unsent = bool(pgconn.flush())
        if not ready & Ready.R:
            continue
        pgconn.consume_input()
        while synchronisations and not pgconn.is_busy():
            result = pgconn.get_result()
            if result is None:
                if pgconn.status == ConnStatus.BAD:
                    raise psycopg.OperationalError("the server closed the connection")
                continue
            if result.status == ExecStatus.PIPELINE_SYNC:
                synchronisations -= 1
            else:
                results.append(result)
    return results


def _answer(result: PGresult) -> Answer:
    if result.status == ExecStatus.TUPLES_OK:
        return Answer(tuple(result.get_value(row, 0) or b"" for row in range(result.ntuples)))
    sqlstate = result.error_field(DiagnosticField.SQLSTATE) or b""
    message = result.error_field(DiagnosticField.MESSAGE_PRIMARY) or result.error_message or b""
    return Answer(sqlstate=sqlstate.decode(), message=message.decode(errors="replace"))
