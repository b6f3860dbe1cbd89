"""One object for the primary and its replicas, for asyncio."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from psycopg import AsyncConnection

from pgclinic_runtime.position import Position
from pgclinic_runtime.routing.doors import AsyncDoor, AsyncSource, Statement
from pgclinic_runtime.routing.health import Bounds
from pgclinic_runtime.routing.retry import ATTEMPTS, is_worth_another
from pgclinic_runtime.routing.routes import Reading, Routes, Server, ServerState
from pgclinic_runtime.routing.session import CURRENT, Session
from pgclinic_runtime.steps import run_async

if TYPE_CHECKING:
    from psycopg.abc import Params  # a text, until psycopg 3.3

Result = TypeVar("Result")


class AsyncRouter:
    """Reads from the least lagging healthy replica, writes to the primary, and no reader misses its own write.

    ``primary`` and each of ``replicas`` is a psycopg_pool pool, or a function that returns a connection. Open it (or
    use it as a context manager): it then looks at each server once a second. ``transaction_pooler`` when any of them
    is reached through PgBouncer in transaction mode: statements are then not prepared.

    Without ``session`` all of a process is one session: no read in it misses a write that it made through the router.
    """

    def __init__(
        self,
        primary: AsyncSource,
        replicas: Mapping[str, AsyncSource] | None = None,
        *,
        bounds: Bounds | None = None,
        transaction_pooler: bool = False,
    ) -> None:
        door = partial(AsyncDoor, transaction_pooler=transaction_pooler)
        self._routes = Routes(primary, replicas or {}, bounds or Bounds(), door)
        self._watches: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Look at all servers, and from then on in tasks of their own; a server that is down is no error."""
        routes = self._routes
        servers = [routes.primary, *routes.replicas.values()]
        await self._look(routes.primary)
        first = [asyncio.create_task(self._look(server)) for server in servers[1:]]
        if first:
            await asyncio.wait(first, timeout=routes.bounds.answer)
        self._watches = [asyncio.create_task(self._watch(server), name=f"router {server.name}") for server in servers]

    async def close(self) -> None:
        """Stop looking. Pools are their owner's to close."""
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection[Any]]:
        """A connection in a read-only transaction (READ COMMITTED) on the best server for it.

        Raises psycopg.OperationalError when no server can be reached, or the chosen one is lost in the midst of it:
        use ``fetch`` or ``run`` to be read again elsewhere.
        """
        async with self.reading() as reading:
            yield reading.connection

    @asynccontextmanager
    async def reading(
        self, at_least: Position | None = None, age: float | None = None, *, primary: bool = False
    ) -> AsyncIterator[Reading]:
        """Like ``read``, with what is known of it; also sees ``at_least``, and nothing older than ``age`` seconds."""
        reading = await run_async(self._routes.read(at_least, age, primary=primary))
        try:
            yield reading
        except BaseException as error:
            await run_async(self._routes.end(reading, error))
            raise
        await run_async(self._routes.end(reading))

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection[Any]]:
        """A connection in a transaction on the primary: committed at the end, rolled back when the block raises.

        Raises psycopg.OperationalError when the primary is lost; if that was while committing, nobody knows whether
        it committed, as with plain psycopg.
        """
        lease = await run_async(self._routes.write())
        try:
            yield lease.connection
        except BaseException as error:
            await run_async(self._routes.abandon(lease, error))
            raise
        await run_async(self._routes.commit(lease))

    async def run(self, work: Callable[[AsyncConnection[Any]], Awaitable[Result]]) -> Result:
        """What ``work`` returns, given a connection as of ``read``; called again elsewhere when its server is lost.

        A replica may also cancel what conflicts with recovery; that is tried again too.
        """
        return await self.perform(lambda reading: work(reading.connection))

    async def perform(
        self,
        work: Callable[[Reading], Awaitable[Result]],
        at_least: Position | None = None,
        age: float | None = None,
        *,
        primary: bool = False,
    ) -> Result:
        """Like ``run``, with what ``reading`` offers."""
        for attempt in range(ATTEMPTS):
            reading = await run_async(self._routes.read(at_least, age, primary=primary or attempt == ATTEMPTS - 1))
            try:
                result = await work(reading)
            except BaseException as error:
                await run_async(self._routes.end(reading, error))
                if not is_worth_another(error, reading, attempt):
                    raise
            else:
                await run_async(self._routes.end(reading))
                return result
        raise AssertionError("unreachable")

    async def fetch(self, query: Statement, params: "Params | None" = None) -> list[Any]:
        """All rows of a reading statement, from whichever server; see ``run``."""

        async def rows(connection: AsyncConnection[Any]) -> list[Any]:
            return await (await connection.execute(query, params)).fetchall()

        return await self.run(rows)

    async def position(self) -> Position:
        """Where the primary is now: whoever has seen that has seen all that was committed before."""
        return await run_async(self._routes.where())

    @contextmanager
    def session(self, cookie: str | None = None, *, key: bytes | None = None) -> Iterator[Session]:
        """Reads in the block miss none of the writes in it, nor those before ``cookie``; others' do not matter.

        ``key``, at least 16 secret bytes, signs cookies. Takes effect in this thread or task and its children.
        """
        if cookie and key is None:
            raise ValueError("a cookie can only be believed with the key that signed it")
        session = Session.from_cookie(cookie, key or b"")
        token = CURRENT.set(session)
        try:
            yield session
        finally:
            CURRENT.reset(token)

    def states(self) -> Sequence[ServerState]:
        """How each server does, the primary first."""
        return self._routes.states()

    def current_session(self) -> Session:
        """The session that reads and writes belong to here and now."""
        return self._routes.current_session()

    async def _look(self, server: Server) -> None:
        await run_async(self._routes.look(server))

    async def _watch(self, server: Server) -> None:
        routes = self._routes
        while True:
            await asyncio.sleep(routes.seconds_until_look(server))
            breaker = server.health.breaker
            if server is routes.primary or not breaker.is_open or breaker.try_again(routes.clock()):
                await self._look(server)
            routes.hang_up()
