"""How a cached value is got, step by step: the logic that ``Cache`` and ``AsyncCache`` share."""

import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import psycopg

from pgclinic_runtime.cache.encoding import encode
from pgclinic_runtime.cache.entry import MOST_EARLY, Entry, is_early
from pgclinic_runtime.cache.flights import AsyncFlights, Flights
from pgclinic_runtime.cache.shelves import Shelves
from pgclinic_runtime.cache.tags import floor_of, joined, new_version
from pgclinic_runtime.position import Position
from pgclinic_runtime.routing.session import Session
from pgclinic_runtime.steps import Steps


class Ask(NamedTuple):
    """What is wanted: the names of the entry and its tags, how to load it, and how old it may be, in seconds."""

    names: Sequence[str]
    lock: str
    load: Callable[[Any], Any]
    ttl: float
    stale: float
    beta: float


@dataclass(frozen=True, slots=True)
class Ways:
    """What differs between threads and asyncio: functions that return results, or awaitables.

    ``perform`` takes the load, the position to have seen, the most seconds out of date, and whether only the primary
    will do; it returns the value, the position seen, and the seconds out of date. ``where`` is the primary's position.
    """

    perform: Callable[[Callable[[Any], Any], Position | None, float, bool], Any]
    where: Callable[[], Any]
    sleep: Callable[[float], Any]
    session: Callable[[], Session]


ABSENT = object()
"""No value at all."""


class Asking:
    """Finds or loads values, at most one load of a key at a time as far as anybody can tell."""

    def __init__(
        self,
        shelves: Shelves,
        flights: Flights[Entry] | AsyncFlights[Entry],
        ways: Ways,
        *,
        lease_seconds: float,
        wait_seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.shelves = shelves
        self.flights = flights
        self.ways = ways
        self.lease_seconds = lease_seconds
        self.wait_seconds = wait_seconds
        self.clock = clock

    def get(self, ask: Ask) -> Steps[Any]:
        """The value: cached, or loaded now. Raises what the load raises, and TypeError for what cannot be cached."""
        entry = yield from self.shelves.find(ask.names)
        if entry is not None:
            now = self.clock()
            if now < entry.expires and self._covers(entry):
                try:
                    value = entry.value()
                except ValueError:
                    entry = None
                else:
                    if _is_turn(entry, now, ask.beta):
                        value = yield from self._early(ask, value)
                    return value
        return (yield from self._missing(ask, entry))

    def at_hand(self, names: Sequence[str], beta: float) -> Any:  # noqa: ANN401 - what was cached
        """The value, when it is in memory and nothing has to be done for it; else ``ABSENT``: then ``get`` it."""
        entry = self.shelves.at_hand(names)
        if entry is not None and self._covers(entry):
            now = self.clock()
            if now < entry.expires and not _is_turn(entry, now, beta):
                return entry.value()
        return ABSENT

    def invalidate(self, tags: Sequence[str]) -> Steps[None]:
        """Whatever was loaded under these tags is a miss from now on."""
        floor: Position | None
        try:
            floor = yield self.ways.where
        except psycopg.OperationalError:
            floor = None
        yield from self.shelves.mark({tag: new_version(floor) for tag in tags})

    def _covers(self, entry: Entry) -> bool:
        session = self.ways.session()
        token = session.token
        return not session.wants_primary and (token is None or entry.position.covers(token))

    def _early(self, ask: Ask, value: object) -> Steps[Any]:
        """Load it anew before it expires, unless somebody already does; the value that there is serves on failure."""
        key, own = ask.names[0], self.flights.flight()
        entry: Entry | None = None
        try:
            if self.flights.board(key, own) is not own:
                return value
            entry = yield from self._led(ask, patient=False)
        except psycopg.OperationalError:
            return value
        finally:
            self.flights.land(key, own, entry)
        return value if entry is None else entry.value()

    def _missing(self, ask: Ask, old: Entry | None) -> Steps[Any]:
        try:
            entry = yield from self._flown(ask)
        except psycopg.OperationalError:
            if old is not None and self.clock() < old.stale_until and self._covers(old):
                try:
                    return old.value()
                except ValueError:
                    pass
            raise
        return entry.value()

    def _flown(self, ask: Ask) -> Steps[Entry]:
        """An entry that is fresh for this session, loaded by us or by who was first."""
        key = ask.names[0]
        for _ in range(3):
            own = self.flights.flight()
            outcome: Entry | Exception | None = None
            try:
                flight = self.flights.board(key, own)
                if flight is own:
                    outcome = yield from self._led(ask, patient=True)
                    assert outcome is not None
                    return outcome
            except Exception as error:
                outcome = error
                raise
            finally:
                self.flights.land(key, own, outcome)
            outcome = yield partial(self.flights.wait, key, flight, self.wait_seconds)
            if isinstance(outcome, Exception):
                raise outcome
            if outcome is not None and self._covers(outcome):
                return outcome
        return (yield from self._loaded(ask, None))  # those who were first keep being too early for us

    def _led(self, ask: Ask, *, patient: bool) -> Steps[Entry | None]:
        """Load it under a lock that all processes respect; None when another has it and we are not patient.

        Whoever waits longer than ``wait_seconds`` loads without the lock, and does not store.
        """
        fence: bytes | None = os.urandom(12).hex().encode()
        assert fence is not None
        begun, delay = time.monotonic(), 0.002
        while not (yield from self.shelves.claim(ask.lock, fence, self.lease_seconds)):
            if not patient:
                return None
            if time.monotonic() - begun > self.wait_seconds:
                return (yield from self._loaded(ask, None))
            yield partial(self.ways.sleep, delay)
            delay = min(2 * delay, 0.05)
            entry = yield from self.shelves.find(ask.names)
            if entry is not None and self.clock() < entry.expires and self._covers(entry):
                return entry
        try:
            return (yield from self._loaded(ask, fence))
        except BaseException:
            yield from self.shelves.release(ask.lock, fence)
            raise

    def _loaded(self, ask: Ask, fence: bytes | None) -> Steps[Entry]:
        versions = yield from self._versions(ask.names[1:])
        floor, primary = floor_of(versions) if versions is not None else (None, False)
        wall, begun = self.clock(), time.monotonic()
        value, position, age = yield partial(self.ways.perform, ask.load, floor, ask.ttl / 2, primary)
        flags, payload = encode(value)
        expires = wall - age + ask.ttl
        entry = Entry(
            flags=flags,
            payload=payload,
            as_of=wall - age,
            expires=expires,
            stale_until=expires + ask.stale,
            cost=time.monotonic() - begun,
            position=position,
            versions=(joined(versions) or b"") if versions is not None else b"",
        )
        left = entry.stale_until - self.clock()
        if versions is not None and left > 0:
            yield from self.shelves.keep(ask.names, ask.lock, fence, entry, left)
        elif fence is not None:
            yield from self.shelves.release(ask.lock, fence)
        return entry

    def _versions(self, tags: Sequence[str]) -> Steps[list[bytes] | None]:
        """Those of all tags, made for those that have none; None when the primary cannot say from where on."""
        found = yield from self.shelves.versions(tags)
        if None in found:
            try:
                floor: Position = yield self.ways.where
            except psycopg.OperationalError:
                return None
            missing = [tag for tag, version in zip(tags, found, strict=True) if version is None]
            yield from self.shelves.establish({tag: new_version(floor) for tag in missing})
            found = yield from self.shelves.versions(tags)
        known = [version for version in found if version is not None]
        return known if len(known) == len(tags) else None


def _is_turn(entry: Entry, now: float, beta: float) -> bool:
    """Whether chance has it that this asker loads the entry early."""
    if entry.expires - now > MOST_EARLY * beta * entry.cost:
        return False
    return is_early(entry, now, beta, 1.0 - random.random())  # noqa: S311 - no secret
