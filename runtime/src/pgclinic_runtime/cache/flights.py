"""One loads, the others wait for it: within a process, for threads and for asyncio, under the same names."""

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

    def board(self, key: str) -> tuple[Flight[Outcome], bool]:
        """The flight of this key, and whether the caller is the one to load: then it has to ``land``."""
        with self._lock:
            flight = self._under_way.get(key)
            if flight is not None:
                return flight, False
            flight = self._under_way[key] = Flight(self._event())
            return flight, True

    def land(self, key: str, flight: Flight[Outcome], outcome: Outcome | Exception | None) -> None:
        """Tell those who wait; None when there is nothing to tell, and one of them has to load."""
        with self._lock:
            if self._under_way.get(key) is flight:
                del self._under_way[key]
        flight.outcome = outcome
        flight.landed.set()

    def wait(self, flight: Flight[Outcome], seconds: float) -> Outcome | Exception | None:
        """The outcome; None also when it took longer than ``seconds``."""
        assert isinstance(flight.landed, Latch)
        return flight.outcome if flight.landed.wait(seconds) else None


class AsyncFlights(Flights[Outcome]):
    """By key, for the tasks of one event loop."""

    def _event(self) -> Latch | asyncio.Event:
        return asyncio.Event()

    async def wait(self, flight: Flight[Outcome], seconds: float) -> Outcome | Exception | None:  # type: ignore[override]
        """The outcome; None also when it took longer than ``seconds``."""
        assert isinstance(flight.landed, asyncio.Event)
        try:
            async with asyncio.timeout(seconds):
                await flight.landed.wait()
        except TimeoutError:
            return None
        return flight.outcome
