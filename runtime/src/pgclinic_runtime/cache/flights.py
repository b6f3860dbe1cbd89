"""One loads, the others wait for it: within a process, for threads and for asyncio, under the same names.

A signal's handler may raise at any instant, also in ``land``. A flight that nobody lands delays its key by one wait.
"""

import asyncio
import threading
from typing import Generic, TypeVar

from pgclinic_runtime.waiting import Latch

Outcome = TypeVar("Outcome")


class Flight(Generic[Outcome]):
    """One load under way."""

    __slots__ = ("landed", "outcome")

    def __init__(self, landed: Latch | asyncio.Event) -> None:
        self.landed = landed
        self.outcome: Outcome | Exception | None = None


class Flights(Generic[Outcome]):
    """By key, for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[str, Flight[Outcome]] = {}

    def _event(self) -> Latch | asyncio.Event:
        return Latch()

    def flight(self) -> Flight[Outcome]:
        """One to ``board`` within a ``try`` whose ``finally`` lands it."""
        return Flight(self._event())

    def board(self, key: str, flight: Flight[Outcome]) -> Flight[Outcome]:
        """The flight of this key that is under way. Where that is the caller's own, it is the one to load."""
        with self._lock:
            return self._under_way.setdefault(key, flight)

    def land(self, key: str, flight: Flight[Outcome], outcome: Outcome | Exception | None) -> None:
        """Tell those who wait; None when there is nothing to tell, and one of them has to load."""
        self._end(key, flight)
        flight.outcome = outcome
        flight.landed.set()

    def wait(self, key: str, flight: Flight[Outcome], seconds: float) -> Outcome | Exception | None:
        """The outcome; None also when it took longer than ``seconds``: then the next to board loads."""
        assert isinstance(flight.landed, Latch)
        if not flight.landed.wait(seconds):
            self._end(key, flight)
            return None
        return flight.outcome

    def _end(self, key: str, flight: Flight[Outcome]) -> None:
        with self._lock:
            if self._under_way.get(key) is flight:
                del self._under_way[key]


class AsyncFlights(Flights[Outcome]):
    """By key, for the tasks of one event loop."""

    def _event(self) -> Latch | asyncio.Event:
        return asyncio.Event()

    async def wait(  # type: ignore[override]
        self, key: str, flight: Flight[Outcome], seconds: float
    ) -> Outcome | Exception | None:
        """The outcome; None also when it took longer than ``seconds``: then the next to board loads."""
        assert isinstance(flight.landed, asyncio.Event)
        try:
            async with asyncio.timeout(seconds):
                await flight.landed.wait()
        except TimeoutError:
            self._end(key, flight)
            return None
        return flight.outcome
