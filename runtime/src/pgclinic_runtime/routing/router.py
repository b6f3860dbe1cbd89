"""One object for the primary and its replicas, for threads."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from psycopg import Connection

from pgclinic_runtime.position import Position
from pgclinic_runtime.routing.doors import Door, Source, Statement
from pgclinic_runtime.routing.health import Bounds
from pgclinic_runtime.routing.retry import ATTEMPTS, is_worth_another
from pgclinic_runtime.routing.routes import Reading, Routes, Server, ServerState
from pgclinic_runtime.routing.session import CURRENT, Session
from pgclinic_runtime.steps import run
from pgclinic_runtime.waiting import Latch

if TYPE_CHECKING:
    from psycopg.abc import Params  # a text, until psycopg 3.3

Result = TypeVar("Result")


class Router:
    """Reads from the least lagging healthy replica, writes to the primary, and no reader misses its own write.

    ``primary`` and each of ``replicas`` is a psycopg_pool pool, or a function that returns a connection. Open it (or
    use it as a context manager): it then looks at each server once a second. ``transaction_pooler`` when any of them
    is reached through PgBouncer in transaction mode: statements are then not prepared.

    Without ``session`` all of a process is one session: no read in it misses a write that it made through the router.
    """

    def __init__(
        self,
        primary: Source,
        replicas: Mapping[str, Source] | None = None,
        *,
        bounds: Bounds | None = None,
        transaction_pooler: bool = False,
    ) -> None:
        door = partial(Door, transaction_pooler=transaction_pooler)
        self._routes = Routes(primary, replicas or {}, bounds or Bounds(), door)
        self._closed = Latch()
        self._threads: list[threading.Thread] = []

    def open(self) -> None:
        """Look at all servers, and from then on in threads of their own; a server that is down is no error."""
        servers = [self._routes.primary, *self._routes.replicas.values()]
        first = [threading.Thread(target=self._look, args=[server], daemon=True) for server in servers[1:]]
        self._look(self._routes.primary)
        for thread in first:
            thread.start()
        for thread in first:
            thread.join(self._routes.bounds.answer)
        for server in servers:
            watch = threading.Thread(target=self._watch, args=[server], name=f"router {server.name}", daemon=True)
            watch.start()
            self._threads.append(watch)

    def close(self) -> None:
        """Stop looking. Pools are their owner's to close."""
        self._closed.set()
        for thread in self._threads:
            thread.join(self._routes.bounds.answer)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def read(self) -> Iterator[Connection[Any]]:
        """A connection in a read-only transaction (READ COMMITTED) on the best server for it.

        Raises psycopg.OperationalError when no server can be reached, or the chosen one is lost in the midst of it:
        use ``fetch`` or ``run`` to be read again elsewhere.
        """
        with self.reading() as reading:
            yield reading.connection

    @contextmanager
    def reading(
        self, at_least: Position | None = None, age: float | None = None, *, primary: bool = False
    ) -> Iterator[Reading]:
        """Like ``read``, with what is known of it; also sees ``at_least``, and nothing older than ``age`` seconds."""
        reading = run(self._routes.read(at_least, age, primary=primary))
        try:
            yield reading
        except BaseException as error:
            run(self._routes.end(reading, error))
            raise
        run(self._routes.end(reading))

    @contextmanager
    def write(self) -> Iterator[Connection[Any]]:
        """A connection in a transaction on the primary: committed at the end, rolled back when the block raises.

        Raises psycopg.OperationalError when the primary is lost; if that was while committing, nobody knows whether
        it committed, as with plain psycopg.
        """
        lease = run(self._routes.write())
        try:
            yield lease.connection
        except BaseException as error:
            run(self._routes.abandon(lease, error))
            raise
        run(self._routes.commit(lease))

    def run(self, work: Callable[[Connection[Any]], Result]) -> Result:
        """What ``work`` returns, given a connection as of ``read``; called again elsewhere when its server is lost.

        A replica may also cancel what conflicts with recovery; that is tried again too.
        """
        return self.perform(lambda reading: work(reading.connection))

    def perform(
        self,
        work: Callable[[Reading], Result],
        at_least: Position | None = None,
        age: float | None = None,
        *,
        primary: bool = False,
    ) -> Result:
        """Like ``run``, with what ``reading`` offers."""
        for attempt in range(ATTEMPTS):
            reading = run(self._routes.read(at_least, age, primary=primary or attempt == ATTEMPTS - 1))
            try:
                result = work(reading)
            except BaseException as error:
                run(self._routes.end(reading, error))
                if not is_worth_another(error, reading, attempt):
                    raise
            else:
                run(self._routes.end(reading))
                return result
        raise AssertionError("unreachable")

    def fetch(self, query: Statement, params: "Params | None" = None) -> list[Any]:
        """All rows of a reading statement, from whichever server; see ``run``."""
        return self.run(lambda connection: connection.execute(query, params).fetchall())

    def position(self) -> Position:
        """Where the primary is now: whoever has seen that has seen all that was committed before."""
        return run(self._routes.where())

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

    def _look(self, server: Server) -> None:
        run(self._routes.look(server))

    def _watch(self, server: Server) -> None:
        routes = self._routes
        while not self._closed.wait(routes.seconds_until_look(server)):
            breaker = server.health.breaker
            if server is routes.primary or not breaker.is_open or breaker.try_again(routes.clock()):
                self._look(server)
            routes.hang_up()
