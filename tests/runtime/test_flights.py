"""One loads while others wait, also where the one was interrupted; without a server."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pgclinic_runtime.breaker import Breaker
from pgclinic_runtime.cache.asking import Ask, Asking, Ways
from pgclinic_runtime.cache.entry import Entry
from pgclinic_runtime.cache.flights import AsyncFlights, Flights
from pgclinic_runtime.cache.memory import Memory
from pgclinic_runtime.cache.shelves import Shelves
from pgclinic_runtime.position import Position
from pgclinic_runtime.routing.session import Session
from pgclinic_runtime.steps import run, run_async

KEY = "key"
WAIT = 0.1
LONG = 3600.0
NOW = Position(1, 1, 1)


def asking(flights: Flights[Entry] | AsyncFlights[Entry], wait_seconds: float = WAIT) -> Asking:
    def perform(load: Callable[[Any], Any], *_: object) -> tuple[Any, Position, float]:
        return load(None), NOW, 0.0

    async def perform_async(load: Callable[[Any], Any], *_: object) -> tuple[Any, Position, float]:
        return perform(load)

    is_async = isinstance(flights, AsyncFlights)
    ways = Ways(perform_async if is_async else perform, lambda: NOW, asyncio.sleep if is_async else time.sleep, Session)
    shelves = Shelves(None, Memory(1_000_000), "", Breaker())
    return Asking(shelves, flights, ways, lease_seconds=LONG, wait_seconds=wait_seconds)


def ask(load: Callable[[Any], Any], ttl: float = 0.0) -> Ask:
    """What has no ``ttl`` is missed by whoever asks next."""
    return Ask((KEY,), "lock", load, ttl, 0.0, 0.0)


def get(asking: Asking, wanted: Ask) -> Any:
    if isinstance(asking.flights, AsyncFlights):
        return asyncio.run(run_async(asking.get(wanted)))
    return run(asking.get(wanted))


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The key of each wait that was begun."""
    begun: list[str] = []

    def watch(kind: type[Flights[Any]]) -> None:
        wait = kind.wait

        def watched(self: Flights[Any], key: str, flight: Any, seconds: float) -> Any:
            begun.append(key)
            return wait(self, key, flight, seconds)

        monkeypatch.setattr(kind, "wait", watched)

    watch(Flights)
    watch(AsyncFlights)
    return begun


@pytest.mark.parametrize("kind", [Flights, AsyncFlights])
def test_a_flight_that_nobody_lands_delays_one_asker_once(kind: type[Flights[Entry]], waits: list[str]) -> None:
    flights = kind()
    asker = asking(flights)
    flights.board(KEY, flights.flight())
    for number in range(3):
        assert get(asker, ask(lambda _, number=number: number)) == number
        assert waits == [KEY]
    assert not flights._under_way


def test_of_those_who_waited_in_vain_one_loads_for_all(waits: list[str]) -> None:
    flights = Flights[Entry]()
    asker = asking(flights, wait_seconds=2.0)
    flights.board(KEY, flights.flight())
    loads: list[int] = []

    def load(_: object) -> int:
        loads.append(1)
        until = time.monotonic() + 1.5
        while len(waits) < 6 + 5 and time.monotonic() < until:
            time.sleep(0.01)
        return len(loads)

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(lambda _: get(asker, ask(load, LONG)), range(6))) == [1] * 6


class StopError(Exception):
    """What a signal's handler raises."""


class Interrupted(Flights[Entry]):
    """Once, at a place."""

    place = ""

    def board(self, key: str, flight: Any) -> Any:
        boarded = super().board(key, flight)
        self._interrupt("boarded")
        return boarded

    def land(self, key: str, flight: Any, outcome: Any) -> None:
        self._interrupt("landing")
        super().land(key, flight, outcome)
        self._interrupt("landed")

    def _interrupt(self, place: str) -> None:
        if self.place == place:
            self.place = ""
            raise StopError


@pytest.mark.parametrize(("place", "left"), [("boarded", 0), ("landing", 1), ("landed", 0)])
def test_whoever_is_interrupted_leaves_nothing_under_way_for_long(place: str, left: int) -> None:
    flights = Interrupted()
    asker = asking(flights)
    flights.place = place
    with pytest.raises(StopError):
        get(asker, ask(lambda _: 1))
    assert len(flights._under_way) == left
    assert get(asker, ask(lambda _: 2)) == 2
    assert not flights._under_way


def test_an_early_load_that_is_interrupted_leaves_nothing_under_way() -> None:
    flights = Interrupted()
    asker = asking(flights)
    assert get(asker, ask(lambda _: time.sleep(0.01), LONG)) is None
    flights.place = "boarded"
    always_early = ask(lambda _: 2, LONG)._replace(beta=1e9)
    with pytest.raises(StopError):
        get(asker, always_early)
    assert not flights._under_way
    assert get(asker, always_early) == 2


def test_a_slow_load_lands_without_taking_the_next_one_down() -> None:
    flights = Flights[Entry]()
    slow, following = flights.flight(), flights.flight()
    assert flights.board(KEY, slow) is slow
    assert flights.board(KEY, following) is slow
    assert flights.wait(KEY, slow, 0.01) is None
    assert flights.board(KEY, following) is following
    flights.land(KEY, slow, None)
    assert flights.board(KEY, flights.flight()) is following
    flights.land(KEY, following, None)
    assert not flights._under_way
