"""Where a read or a write goes, step by step: the logic that ``Router`` and ``AsyncRouter`` share."""

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import psycopg

from pgclinic_runtime.breaker import Breaker
from pgclinic_runtime.position import Position
from pgclinic_runtime.routing import guard
from pgclinic_runtime.routing.doors import BUSY, AsyncDoor, Door, Lease
from pgclinic_runtime.routing.guard import Facts, Identities
from pgclinic_runtime.routing.health import Bounds, Health, History, ranked
from pgclinic_runtime.routing.session import CURRENT, Session
from pgclinic_runtime.steps import Steps

PRIMARY = "primary"
_DEAD_CONNECTIONS = 20
"""A pool may hold this many connections from before the primary's restart, of which each is tried in turn."""


class NotPrimaryError(psycopg.OperationalError):
    """What was given as the primary is in recovery, or was left behind by a promotion."""


@dataclass(slots=True)
class Server:
    """One server: how to get there, how it does, and who is there."""

    name: str
    door: Door | AsyncDoor
    health: Health
    borrowed: set[Lease] = field(default_factory=set)


@dataclass(slots=True)
class Reading:
    """A read-only transaction on ``server``.

    All that was committed up to ``position`` is seen (None: that is not known); what is seen may be ``age`` seconds
    out of date at most.
    """

    connection: Any
    server: str
    position: Position | None
    age: float
    lease: Lease


@dataclass(frozen=True, slots=True)
class ServerState:
    """How a server does: ``lag`` in seconds when last looked at, infinite when unknown."""

    name: str
    is_usable: bool
    lag: float
    failures: int


class Routes:
    """The servers, what is known of them, and the steps over them."""

    def __init__(
        self,
        primary: object,
        replicas: Mapping[str, object],
        bounds: Bounds,
        door: Callable[[object, float | None], Door | AsyncDoor],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if PRIMARY in replicas:
            raise ValueError(f"a replica cannot be called {PRIMARY!r}")
        self.bounds = bounds
        self.clock = clock
        self.history = History()
        self.identities = Identities()
        self.session = Session()
        self.primary = self._server(PRIMARY, door(primary, None))
        self.replicas = {name: self._server(name, door(source, bounds.open)) for name, source in replicas.items()}
        self.health = {name: server.health for name, server in self.replicas.items()}
        self.turns = itertools.count()
        self.borrowing = threading.Lock()

    def _server(self, name: str, door: Door | AsyncDoor) -> Server:
        return Server(name, door, Health(Breaker(self.bounds.back_off, self.bounds.longest_back_off)))

    def current_session(self) -> Session:
        """That of this thread or task, else the one that all of the process share."""
        return CURRENT.get() or self.session

    def states(self) -> tuple[ServerState, ...]:
        """How all servers do, the primary first."""
        now = self.clock()
        return tuple(
            ServerState(
                each.name, each.health.is_usable(now, self.bounds), each.health.lag, each.health.breaker.failures
            )
            for each in (self.primary, *self.replicas.values())
        )

    def read(
        self, at_least: Position | None = None, age: float | None = None, *, primary: bool = False
    ) -> Steps[Reading]:
        """Begin to read where the session's token, ``at_least`` and ``age`` seconds are kept. Raises psycopg.Error."""
        session = self.current_session()
        token = session.token
        if at_least is not None:
            token = at_least.joined(token)
        if not (primary or session.wants_primary):
            for name in ranked(self.health, self.clock(), self.bounds, next(self.turns)):
                reading = yield from self._begun(self.replicas[name])
                if reading is None:
                    continue
                if self._serves(reading, token, age):
                    return reading
                yield from self.end(reading)
                if token is not None:
                    break  # the others are further behind
        return (yield from self._read_primary(session, token))

    def end(self, reading: Reading, error: BaseException | None = None) -> Steps[None]:
        """The reader is done, or failed with ``error``."""
        server = self._named(reading.server)
        if error is None and not reading.lease.is_lost and reading.connection.info.transaction_status:
            try:
                yield partial(server.door.commit, reading.lease)
            except psycopg.Error as lost:  # what was read is read
                error = lost
        yield from self._give_back(server, reading.lease, error)
        if reading.lease.is_lost and server is not self.primary:
            server.health.breaker.failed(self.clock())

    def write(self) -> Steps[Lease]:
        """Begin to write on the primary. Raises psycopg.Error."""
        lease, _ = yield from self._primary(guard.WRITE)
        return lease

    def commit(self, lease: Lease) -> Steps[None]:
        """Commit and take the token. Raises psycopg.Error; a lost connection leaves it unknown whether it committed."""
        session, asked = self.current_session(), self.clock()
        statement = guard.COMMIT if lease.connection.info.transaction_status else guard.WHERE
        try:
            rows = yield partial(self.primary.door.ask, lease, statement)
            if rows[0][0] == b"ROLLBACK":
                raise psycopg.errors.InFailedSqlTransaction(  # noqa: TRY301 - the session loses sight as well
                    "a statement had failed, so the transaction was rolled back instead of committed"
                )
            facts = guard.facts(rows)
            position = yield from self._placed(self.primary, lease, facts, facts.lsn)
            session.wrote(position)
            self.history.add(asked, position)
        except BaseException as error:
            session.lost_sight()
            yield from self._give_back(self.primary, lease, error)
            raise
        yield from self._give_back(self.primary, lease)

    def abandon(self, lease: Lease, error: BaseException) -> Steps[None]:
        """The writer failed. It may have committed some by itself before."""
        self.current_session().lost_sight()
        yield from self._give_back(self.primary, lease, error)

    def where(self) -> Steps[Position]:
        """The position of the primary. Raises psycopg.Error."""
        asked = self.clock()
        lease, facts = yield from self._primary(guard.WHERE)
        try:
            position = yield from self._placed(self.primary, lease, facts, facts.lsn)
        except BaseException as error:
            yield from self._give_back(self.primary, lease, error)
            raise
        yield from self._give_back(self.primary, lease)
        if facts.in_recovery:
            raise NotPrimaryError("the server that was given as the primary is in recovery")
        self.history.add(asked, position)
        return position

    def look(self, server: Server) -> Steps[None]:
        """Look at how a server does; never raises psycopg.Error or OSError."""
        health, was_down = server.health, server.health.breaker.is_open
        look = guard.LOOK_AT_PRIMARY if server is self.primary else guard.LOOK_AT_REPLICA
        asked = health.checking_since = self.clock()
        try:
            lease = yield from self._borrowed(server)
            try:
                rows = yield partial(server.door.ask, lease, look)
            except BaseException as error:
                yield from self._give_back(server, lease, error)
                raise
            yield from self._give_back(server, lease)
            facts = guard.facts(rows)
            self.identities.learn(facts.process, rows[1])
            position = self.identities.position(facts.process, facts.lsn)
            if position and server is self.primary and not facts.in_recovery:
                self.history.add(asked, position)
            health.lag = self.history.lag(position) if position else float("inf")
            if was_down:
                yield server.door.mend
            health.breaker.succeeded()
            health.answered = self.clock()
        except (psycopg.Error, OSError) as error:
            self._missed(server, error)
        finally:
            health.checking_since = None

    def seconds_until_look(self, server: Server) -> float:
        """Until the next look at it is due."""
        health = server.health
        if server is self.primary:  # where it is tells how far replicas are behind, so it is asked whatever happens
            return self.bounds.check
        if health.breaker.is_open:
            return max(0.01, health.breaker.retry_at - self.clock())
        return self.bounds.check if health.lag <= self.bounds.lag else self.bounds.check / 4

    def hang_up(self) -> None:
        """End the waits of those who read from a replica that does not answer; writers are left to their own bounds."""
        now = self.clock()
        for server in self.replicas.values():
            if server.health.is_hung(now, self.bounds):
                with self.borrowing:
                    for lease in server.borrowed:
                        lease.hang_up()

    def _named(self, name: str) -> Server:
        return self.primary if name == PRIMARY else self.replicas[name]

    def _borrowed(self, server: Server) -> Steps[Lease]:
        lease: Lease = yield server.door.open
        with self.borrowing:
            server.borrowed.add(lease)
        return lease

    def _give_back(self, server: Server, lease: Lease, error: BaseException | None = None) -> Steps[None]:
        with self.borrowing:
            server.borrowed.discard(lease)
        yield partial(server.door.close, lease, error)

    def _placed(self, server: Server, lease: Lease, facts: Facts, lsn: int) -> Steps[Position]:
        """Where the process is that answered; asked for its identity when it is met for the first time."""
        position = self.identities.position(facts.process, lsn)
        if position is None:
            rows = yield partial(server.door.ask, lease, guard.IDENTITY)
            self.identities.learn(facts.process, rows[0])
            position = self.identities.position(facts.process, lsn)
            assert position is not None
        return position

    def _missed(self, server: Server, error: Exception) -> None:
        """It could not be reached: it is left alone for a while, unless its pool is all lent out to whom it answers."""
        now = self.clock()
        if not (isinstance(error, BUSY) and server.health.is_answering(now, self.bounds)):
            server.health.breaker.failed(now)

    def _begun(self, server: Server) -> Steps[Reading | None]:
        """A transaction on a replica, None when it cannot be reached: then others are asked, and it is left alone."""
        try:
            lease = yield from self._borrowed(server)
        except (psycopg.Error, OSError) as error:
            self._missed(server, error)
            return None
        try:
            facts = guard.facts((yield partial(server.door.ask, lease, guard.READ_ON_REPLICA)))
            position = yield from self._placed(server, lease, facts, facts.stamp)
        except BaseException as error:
            yield from self._give_back(server, lease, error)
            if not isinstance(error, (psycopg.Error, OSError)):
                raise
            server.health.breaker.failed(self.clock())
            return None
        server.health.answered = self.clock()
        age = self.history.age(position, server.health.answered)
        return Reading(lease.connection, server.name, position, age, lease)

    def _serves(self, reading: Reading, token: Position | None, age: float | None) -> bool:
        position = reading.position
        assert position is not None
        if token is not None and not position.covers(token):
            return False
        return self.history.lag(position) <= self.bounds.lag and (age is None or reading.age <= age)

    def _read_primary(self, session: Session, token: Position | None) -> Steps[Reading]:
        asked = self.clock()
        lease, facts = yield from self._primary(guard.READ_ON_PRIMARY)
        try:
            position = yield from self._placed(self.primary, lease, facts, facts.lsn)
            if facts.in_recovery:
                raise NotPrimaryError("the server that was given as the primary is in recovery")  # noqa: TRY301
            if token and token.system == position.system and token.timeline > position.timeline:
                raise NotPrimaryError(  # noqa: TRY301 - the lease is given back below
                    f"the server that was given as the primary is on timeline {position.timeline}, "
                    f"but timeline {token.timeline} was written to"
                )
        except BaseException as error:
            yield from self._give_back(self.primary, lease, error)
            raise
        self.history.add(asked, position)
        session.saw_primary(position)
        stamp = Position(position.system, position.timeline, facts.stamp)
        return Reading(lease.connection, PRIMARY, stamp, 0.0, lease)

    def _primary(self, statement: bytes) -> Steps[tuple[Lease, Facts]]:
        """A transaction on the primary; connections that did not survive its restart are passed over."""
        for attempt in itertools.count(1):
            lease = yield from self._borrowed(self.primary)
            try:
                rows = yield partial(self.primary.door.ask, lease, statement)
            except BaseException as error:
                lost = lease.is_lost
                yield from self._give_back(self.primary, lease, error)
                if not (lost and isinstance(error, psycopg.OperationalError)) or attempt == _DEAD_CONNECTIONS:
                    raise
            else:
                return lease, guard.facts(rows) if rows else Facts(False, 0, (False, b""))  # noqa: FBT003
        raise AssertionError("unreachable")
