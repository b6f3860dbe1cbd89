"""How connections are got, asked and given back: the same four functions, sync and async."""

import inspect
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeAlias

import psycopg
from psycopg import AsyncConnection, Connection, generators, sql
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

try:
    from psycopg_pool import PoolTimeout, TooManyRequests
except ImportError:  # an extra
    BUSY: tuple[type[Exception], ...] = ()
else:
    BUSY = (PoolTimeout, TooManyRequests)
    """What a pool raises that has nothing to lend now, whatever the reason."""

_FINE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
Rows: TypeAlias = list[Sequence[bytes | None]]
Statement: TypeAlias = str | bytes | sql.SQL | sql.Composed


class Pool(Protocol):
    """What ``psycopg_pool.ConnectionPool`` and ``NullConnectionPool`` offer."""

    def connection(self, timeout: float | None = None) -> AbstractContextManager[Connection[Any]]:
        """Lend a connection."""


class AsyncPool(Protocol):
    """What ``psycopg_pool.AsyncConnectionPool`` and ``AsyncNullConnectionPool`` offer."""

    def connection(self, timeout: float | None = None) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
        """Lend a connection."""


Source: TypeAlias = Pool | Callable[[], AbstractContextManager[Connection[Any]]]
"""A pool, or a function that returns a new connection (``partial(psycopg.connect, conninfo)``)."""
AsyncSource: TypeAlias = (
    AsyncPool
    | Callable[[], AbstractAsyncContextManager[AsyncConnection[Any]]]
    | Callable[[], Awaitable[AsyncConnection[Any]]]
)
"""A pool, or a function that returns a new connection (``partial(AsyncConnection.connect, conninfo)``)."""


@dataclass(eq=False, slots=True)
class Lease:
    """A connection that is ours for a while, and what gives it back."""

    context: Any
    connection: Any
    autocommit: bool
    prepare_threshold: int | None

    @property
    def is_lost(self) -> bool:
        """Whether the server, or the way to it, is gone."""
        return bool(self.connection.closed)

    def hang_up(self) -> None:
        """Make whoever waits for its answer get an error instead; safe from another thread."""
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(self.connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)


def _opener(source: object, seconds: float | None) -> Callable[[], Any]:
    """Something to call for a connection, given up after ``seconds`` where a pool can."""
    lend: Callable[..., Any] | None = getattr(source, "connection", None)
    if lend is not None:
        return partial(lend, timeout=seconds) if seconds else lend
    assert callable(source)
    return source


class Door:
    """To one server, sync."""

    def __init__(self, source: object, seconds: float | None, *, transaction_pooler: bool) -> None:
        self.lend = _opener(source, seconds)
        self.pool: Any = source
        self.transaction_pooler = transaction_pooler

    def open(self) -> Lease:
        """Borrow a connection, in autocommit so that the transaction's statements are ours. Raises psycopg.Error."""
        context = self.lend()
        connection = context.__enter__()
        lease = Lease(context, connection, connection.autocommit, connection.prepare_threshold)
        if not lease.autocommit:
            connection.autocommit = True
        if self.transaction_pooler:
            connection.prepare_threshold = None
        return lease

    def ask(self, lease: Lease, statement: bytes) -> Rows:
        """The rows of the statements in it, raw: below psycopg's cursors, which would take longer than the server."""
        pgconn = lease.connection.pgconn
        pgconn.send_query(statement)
        return _rows(lease.connection.wait(generators.execute(pgconn)))

    def commit(self, lease: Lease) -> None:
        """End its transaction."""
        self.ask(lease, b"commit")

    def close(self, lease: Lease, error: BaseException | None = None) -> None:
        """Give it back; a transaction that is still open is rolled back."""
        if not lease.is_lost:
            with suppress(psycopg.Error):
                if lease.connection.info.transaction_status:
                    lease.connection.rollback()
                lease.connection.prepare_threshold = lease.prepare_threshold
                if not lease.autocommit:
                    lease.connection.autocommit = False
        lease.context.__exit__(type(error) if error else None, error, None)

    def mend(self) -> None:
        """The server is back: drop the pool's connections that did not survive."""
        if hasattr(self.pool, "check"):
            self.pool.check()


class AsyncDoor:
    """To one server, async."""

    def __init__(self, source: object, seconds: float | None, *, transaction_pooler: bool) -> None:
        self.lend = _opener(source, seconds)
        self.pool: Any = source
        self.transaction_pooler = transaction_pooler

    async def open(self) -> Lease:
        """Borrow a connection, in autocommit so that the transaction's statements are ours. Raises psycopg.Error."""
        context = self.lend()
        if inspect.isawaitable(context) and not hasattr(context, "__aenter__"):
            context = await context
        connection = await context.__aenter__()
        lease = Lease(context, connection, connection.autocommit, connection.prepare_threshold)
        if not lease.autocommit:
            await connection.set_autocommit(True)
        if self.transaction_pooler:
            connection.prepare_threshold = None
        return lease

    async def ask(self, lease: Lease, statement: bytes) -> Rows:
        """The rows of the statements in it, raw: below psycopg's cursors, which would take longer than the server."""
        pgconn = lease.connection.pgconn
        pgconn.send_query(statement)
        return _rows(await lease.connection.wait(generators.execute(pgconn)))

    async def commit(self, lease: Lease) -> None:
        """End its transaction."""
        await self.ask(lease, b"commit")

    async def close(self, lease: Lease, error: BaseException | None = None) -> None:
        """Give it back; a transaction that is still open is rolled back."""
        if not lease.is_lost:
            with suppress(psycopg.Error):
                if lease.connection.info.transaction_status:
                    await lease.connection.rollback()
                lease.connection.prepare_threshold = lease.prepare_threshold
                if not lease.autocommit:
                    await lease.connection.set_autocommit(False)
        await lease.context.__aexit__(type(error) if error else None, error, None)

    async def mend(self) -> None:
        """The server is back: drop the pool's connections that did not survive."""
        if hasattr(self.pool, "check"):
            await self.pool.check()


def _rows(results: Sequence[PGresult]) -> Rows:
    """The first row of each result that has one; the command tag of a commit that was a rollback."""
    rows: Rows = []
    for result in results:
        if result.status == ExecStatus.TUPLES_OK and result.ntuples:
            rows.append([result.get_value(0, column) for column in range(result.nfields)])
        elif result.status not in _FINE:
            raise error_from_result(result)
        elif result.command_status == b"ROLLBACK":
            rows.append([b"ROLLBACK"])
    return rows
