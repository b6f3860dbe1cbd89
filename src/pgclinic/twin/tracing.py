"""What a statement does, asked of PostgreSQL in the session that runs it, not guessed from its text.

Which locks it holds afterwards, which tables have another file, which were read from end to end.
"""

import contextlib
import select
from collections.abc import Iterator

import msgspec
import psycopg
from psycopg import errors
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from pgclinic.model.review import Failure, MigrationStatement, TakenLock, Trace

AS_THEY_ARE = frozenset({"transaction_stmt", "variable_set_stmt"})
"""SET TRANSACTION has to be the first statement of one, so nothing is looked at before."""
_FIRST_USER_OID = 16384
_NOT_IN_TRANSACTION = frozenset({"25001", "2D000"})
"""active_sql_transaction and invalid_transaction_termination: it wants to be outside of any."""
_MOST_RETURNED = 16 << 20
"""Bytes of rows that a statement may return before it is cancelled."""
_COPYING = frozenset({ExecStatus.COPY_IN, ExecStatus.COPY_OUT, ExecStatus.COPY_BOTH})
_ONLY_IN_TRANSACTION = frozenset({"declare_cursor_stmt", "lock_stmt"})
_LOOK = """
select pg_catalog.jsonb_build_object(
    'files', (select pg_catalog.jsonb_object_agg(c.oid::pg_catalog.int8, pg_catalog.jsonb_build_array(
                         c.relfilenode::pg_catalog.int8, coalesce(pg_catalog.pg_stat_get_xact_numscans(c.oid), 0)))
              from pg_catalog.pg_class c where c.oid >= 16384 and c.relkind in ('r', 'm')),
    'locks', (select pg_catalog.jsonb_agg(distinct pg_catalog.jsonb_build_array(
                         l.relation::pg_catalog.int8, l.mode))
              from pg_catalog.pg_locks l
              where l.pid = pg_catalog.pg_backend_pid() and l.locktype = 'relation'
                and l.database = (select d.oid from pg_catalog.pg_database d
                                  where d.datname = pg_catalog.current_database())))::pg_catalog.text
"""


class _Look(msgspec.Struct, frozen=True):
    """What the session sees of itself: file and scans of each table by oid, and the locks that it holds."""

    files: dict[str, tuple[int, int]] | None = None
    locks: tuple[tuple[int, str], ...] | None = None


class Tracer:
    """Runs statements in one session, each in a transaction of its own where the file has opened none."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    @property
    def is_in_transaction(self) -> bool:
        """Whether a BEGIN of the file is open."""
        return self.connection.info.transaction_status != TransactionStatus.IDLE

    def trace(self, statement: MigrationStatement) -> Trace:
        """Run it, and say what it did; one that fails leaves the database, and an open transaction, as it was.

        Raises psycopg.OperationalError when the session is lost.
        """
        if statement.deed.kind in AS_THEY_ARE:
            return self._plainly(statement)
        if self.is_in_transaction:
            return self._within(statement)
        if statement.deed.kind in _ONLY_IN_TRANSACTION:
            return self._plainly(statement)
        self.connection.execute("begin")
        trace = self._within(statement)
        if trace.failure is None:
            try:
                self.connection.execute("commit")
            except psycopg.Error as error:
                trace = Trace(failure=failure_of(error), timeout_ms=trace.timeout_ms)
            return msgspec.structs.replace(trace, in_transaction=False)
        self.connection.execute("rollback")
        if trace.failure.sqlstate in _NOT_IN_TRANSACTION:
            return self._outside(statement)
        return msgspec.structs.replace(trace, in_transaction=False)

    def _plainly(self, statement: MigrationStatement) -> Trace:
        """What begins, ends and sets up transactions and sessions, as it is."""
        inside = self.is_in_transaction
        try:
            self._send(statement.sql)
        except (psycopg.Error, ValueError) as error:
            if self.connection.closed:
                raise
            if self.connection.info.transaction_status == TransactionStatus.INERROR:
                self.connection.execute("rollback")
                self.connection.execute("begin")  # what follows is examined nevertheless
            return Trace(failure=failure_of(error), in_transaction=inside)
        return Trace(in_transaction=inside)

    def _send(self, sql: str) -> None:
        """Run a statement and throw away what it returns, row by row. Raises psycopg.Error, or ValueError for odd text.

        Nobody waits inside libpq, so that the guard can do its work.
        """
        connection = self.connection.pgconn
        connection.send_query(_encoded(sql))
        connection.set_single_row_mode()
        size, error = 0, None
        while (result := self._next_result()) is not None:
            if result.status in _COPYING:
                self.connection.close()
                raise psycopg.OperationalError("it copies rows to or from its client")
            if result.status == ExecStatus.FATAL_ERROR:
                error = errors.error_from_result(result)
            size += sum(
                len(result.get_value(0, column) or b"") for column in range(result.nfields if result.ntuples else 0)
            )
            if size > _MOST_RETURNED:
                connection.get_cancel().cancel()
                size = 0
        if error is not None:
            raise error

    def _next_result(self) -> PGresult | None:
        connection = self.connection.pgconn
        while connection.is_busy():
            select.select([connection.socket], [], [])
            connection.consume_input()
        return connection.get_result()

    def _within(self, statement: MigrationStatement) -> Trace:
        timeout = self._timeout()
        before = self._look()
        self.connection.execute("savepoint pgclinic_step")
        try:
            self._send(statement.sql)
        except (psycopg.Error, ValueError) as error:
            if self.connection.closed:
                raise
            self.connection.execute("rollback to savepoint pgclinic_step")
            return Trace(failure=failure_of(error), timeout_ms=timeout, in_transaction=True)
        if not self.is_in_transaction:  # a SET TRANSACTION or the like would not, a hostile block may
            return Trace(timeout_ms=timeout)
        after = self._look()
        self.connection.execute("release savepoint pgclinic_step")
        return _compared(before, after, timeout, in_transaction=True)

    def _outside(self, statement: MigrationStatement) -> Trace:
        """What refuses to be in a transaction; its locks are gone when it is over."""
        with self._briefly():
            timeout, before = self._timeout(), self._look()
        try:
            self._send(statement.sql)
        except (psycopg.Error, ValueError) as error:
            if self.connection.closed:
                raise
            return Trace(failure=failure_of(error), timeout_ms=timeout)
        with self._briefly():
            return _compared(before, self._look(), timeout, in_transaction=False)

    @contextlib.contextmanager
    def _briefly(self) -> Iterator[None]:
        self.connection.execute("begin")
        yield
        self.connection.execute("rollback")

    def _look(self) -> _Look:
        """Under a search path that nobody can put functions or operators into, given back afterwards."""
        self.connection.execute("savepoint pgclinic_look")
        self.connection.execute("set local search_path = pg_catalog, pg_temp")
        ((text,),) = self.connection.execute(_LOOK).fetchall()
        self.connection.execute("rollback to savepoint pgclinic_look")
        self.connection.execute("release savepoint pgclinic_look")
        return msgspec.json.decode(str(text), type=_Look)

    def _timeout(self) -> int:
        """lock_timeout in milliseconds, 0 for none."""
        ((value,),) = self.connection.execute(
            "select setting from pg_catalog.pg_settings where name operator(pg_catalog.=) 'lock_timeout'"
        ).fetchall()
        return int(str(value))


def _compared(before: _Look, after: _Look, timeout: int, *, in_transaction: bool) -> Trace:
    was, now = before.files or {}, after.files or {}
    held = set(before.locks or ())
    return Trace(
        locks=tuple(
            sorted(
                TakenLock(oid, mode)
                for oid, mode in after.locks or ()
                if (oid, mode) not in held and oid >= _FIRST_USER_OID
            )
        ),
        rewritten=frozenset(int(oid) for oid, (file, _) in now.items() if oid in was and was[oid][0] != file),
        scanned=frozenset(int(oid) for oid, (_, scans) in now.items() if oid in was and scans > was[oid][1]),
        timeout_ms=timeout,
        in_transaction=in_transaction,
    )


def _encoded(text: str) -> bytes:
    if "\0" in text:
        raise ValueError("a statement cannot hold a zero byte")
    return text.encode()


def failure_of(error: Exception) -> Failure:
    """What PostgreSQL, or the client before it, said."""
    if not isinstance(error, psycopg.Error):
        return Failure(sqlstate="", message=str(error))
    diagnostic = error.diag
    message = diagnostic.message_primary or str(error).strip().partition("\n")[0]
    return Failure(sqlstate=error.sqlstate or "", message=message, line=_line(error))


def _line(error: psycopg.Error) -> int:
    """The line that libpq shows under the message, counted from 0."""
    first = next((each for each in str(error).splitlines() if each.startswith("LINE ")), "")
    number = first.removeprefix("LINE ").partition(":")[0]
    return int(number) - 1 if number.isdigit() else 0
