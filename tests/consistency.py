"""Does a history of reads and writes keep what is promised? Clients that make one, and a checker that reads it.

Each key of a table holds a number that every write raises by one, so that a value tells which writes it has seen.
"""

import asyncio
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

import psycopg
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from pgclinic_runtime.cache import AsyncCache, Cache
from pgclinic_runtime.routing import AsyncRouter, Bounds, Router
from pgclinic_runtime.steps import run, run_async

KEYS = 6
TTL = 1.5
BOUNDS = Bounds(lag=1.0, check=0.2, answer=1.0, open=1.0, back_off=0.05, longest_back_off=0.5)
READ_BOUND = BOUNDS.lag + BOUNDS.check + BOUNDS.answer
"""A replica may be behind by its lag, and the primary last seen by one look and its answer ago."""
SCHEMA = f"""
    create table items (id int primary key, value bigint not null);
    insert into items select i, 0 from generate_series(1, {KEYS}) as i;
"""
UPDATE = "update items set value = value + 1 where id = %s returning value"
SELECT = "select value from items where id = %s"


@dataclass(frozen=True)
class Event:
    """Something that a client was told: ``value`` of ``key``; times are of one monotonic clock."""

    client: int
    kind: str
    key: int
    value: int
    begun: float
    ended: float


def violations(events: Iterable[Event], bounds: dict[str, float]) -> list[str]:
    """Reads that miss an own earlier write, and reads older than the bound of their kind."""
    ordered = sorted(events, key=lambda event: event.begun)
    acknowledged: dict[int, dict[int, float]] = {}
    for event in ordered:
        if event.kind == "write":
            acknowledged.setdefault(event.key, {})[event.value] = event.ended
    overtaken = {key: _earliest_above(times) for key, times in acknowledged.items()}
    own: dict[tuple[int, int], int] = {}
    found = []
    for event in ordered:
        place = event.client, event.key
        if event.kind == "write":
            own[place] = max(own.get(place, 0), event.value)
            continue
        if event.value < own.get(place, 0):
            found.append(f"missed its own write of {own[place]}: {event}")
        later = overtaken.get(event.key)
        since = later(event.value) if later else None
        if since is not None and since < event.begun - bounds[event.kind]:
            found.append(f"{event.begun - since:.3f} s out of date, more than {bounds[event.kind]}: {event}")
    return found


def _earliest_above(times: dict[int, float]) -> Callable[[int], float | None]:
    """When a later value than this one was first acknowledged."""
    earliest: dict[int, float] = {}
    best = float("inf")
    for value in sorted(times, reverse=True):
        best = min(best, times[value])
        earliest[value] = best
    values = sorted(earliest)

    def above(value: int) -> float | None:
        return next((earliest[each] for each in values if each > value), None)

    return above


@dataclass
class Journal:
    """What all clients saw, the errors they met, and when each kind of work last went well."""

    events: list[Event] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    undocumented: list[str] = field(default_factory=list)
    went_well: dict[str, float] = field(default_factory=dict)
    slowest: float = 0.0

    def saw(self, client: int, kind: str, key: int, value: int, begun: float, where: str) -> None:
        ended = time.monotonic()
        self.events.append(Event(client, kind, key, value, begun, ended))
        self.went_well[kind] = self.went_well[where] = ended
        self.slowest = max(self.slowest, ended - begun)


Work = Generator[Callable[[], Any], Any, None]


def client(journal: Journal, number: int, ways: Any, stop: threading.Event, seed: int, pause: float) -> Work:
    """One client's random operations; ``ways`` has write, read and cached, all awaitable or none."""
    chance = random.Random(f"{seed} {number}")
    while not stop.is_set():
        kind = chance.choices(["write", "read", "cached"], [1, 2, 4])[0]
        key = chance.randint(1, KEYS)
        begun = time.monotonic()
        try:
            value, where = yield partial(getattr(ways, kind), key)
        except psycopg.OperationalError as error:
            journal.errors[f"{kind}: {type(error).__name__}"] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, the check tells it
            journal.undocumented.append(f"{kind}: {error!r}")
        else:
            journal.saw(number, kind, key, value, begun, where)
        yield partial(ways.sleep, pause * chance.random())


class Ways:
    """Of a thread; several share a router and a cache as those of a process would."""

    def __init__(self, router: Router, cache: Cache) -> None:
        self.router = router
        self.cache = cache
        self.sleep = time.sleep

    def write(self, key: int) -> tuple[int, str]:
        with self.router.write() as connection:
            [(value,)] = connection.execute(UPDATE, [key]).fetchall()
        return value, "primary"

    def read(self, key: int) -> tuple[int, str]:
        return self.router.perform(
            lambda reading: (reading.connection.execute(SELECT, [key]).fetchall()[0][0], reading.server)
        )

    def cached(self, key: int) -> tuple[int, str]:
        def load(connection: psycopg.Connection[Any]) -> int:
            return int(connection.execute(SELECT, [key]).fetchall()[0][0])

        value = self.cache.get(f"item {key}", load, ttl=TTL, tags=[f"item {key}"])
        return value, "memory" if self.cache._shelves.breaker.is_open else "redis"


class AsyncWays:
    def __init__(self, router: AsyncRouter, cache: AsyncCache) -> None:
        self.router = router
        self.cache = cache
        self.sleep = asyncio.sleep

    async def write(self, key: int) -> tuple[int, str]:
        async with self.router.write() as connection:
            [(value,)] = await (await connection.execute(UPDATE, [key])).fetchall()
        return value, "primary"

    async def read(self, key: int) -> tuple[int, str]:
        async def work(reading: Any) -> tuple[int, str]:
            rows = await (await reading.connection.execute(SELECT, [key])).fetchall()
            return rows[0][0], reading.server

        return await self.router.perform(work)

    async def cached(self, key: int) -> tuple[int, str]:
        async def load(connection: psycopg.AsyncConnection[Any]) -> int:
            return int((await (await connection.execute(SELECT, [key])).fetchall())[0][0])

        value = await self.cache.get(f"item {key}", load, ttl=TTL, tags=[f"item {key}"])
        return value, "memory" if self.cache._shelves.breaker.is_open else "redis"


class Crowd:
    """Clients of several processes' routers and caches, half in threads and half in tasks, over one pair and Redis.

    Each client has a session of its own: what it wrote is all that it must see.
    """

    def __init__(
        self,
        primaries: list[str],
        replica: str,
        redis_url: str,
        *,
        clients: int = 8,
        seed: int = 1,
        pause: float = 0.02,
    ) -> None:
        self.journal = Journal()
        self._stop = threading.Event()
        self._stack = ExitStack()
        self._threads: list[threading.Thread] = []
        self._arguments = redis_url, f"crowd{os.getpid()}{seed}"
        self._replica, self._clients, self._seed, self._pause = replica, clients, seed, pause
        self._primaries = primaries

    def __enter__(self) -> Self:
        url, namespace = self._arguments
        for process, primary in enumerate(self._primaries):
            pools = [
                self._stack.enter_context(
                    ConnectionPool(each, min_size=1, max_size=8, timeout=3, kwargs={"prepare_threshold": None})
                )
                for each in (primary, self._replica)
            ]
            router = Router(pools[0], {"replica": pools[1]}, bounds=BOUNDS, transaction_pooler=True)
            self._stack.enter_context(router)
            cache = Cache(router, url, namespace=namespace, redis_seconds=0.3, lease_seconds=3, wait_seconds=2)
            self._stack.callback(cache.close)
            for number in range(self._clients // 2):
                self._begin(self._in_thread, process * 1000 + number, router, cache)
            self._begin(self._in_loop, process, primary)
        return self

    def _begin(self, work: Callable[..., None], *arguments: Any) -> None:
        self._threads.append(threading.Thread(target=work, args=arguments))
        self._threads[-1].start()

    def _in_thread(self, number: int, router: Router, cache: Cache) -> None:
        with router.session():
            run(client(self.journal, number, Ways(router, cache), self._stop, self._seed, self._pause))

    def _in_loop(self, process: int, primary: str) -> None:
        asyncio.run(self._tasks(process, primary))

    async def _tasks(self, process: int, primary: str) -> None:
        url, namespace = self._arguments
        options: dict[str, Any] = {"min_size": 1, "max_size": 8, "timeout": 3, "kwargs": {"prepare_threshold": None}}
        async with (
            AsyncConnectionPool(primary, **options) as first,
            AsyncConnectionPool(self._replica, **options) as second,
            AsyncRouter(first, {"replica": second}, bounds=BOUNDS, transaction_pooler=True) as router,
        ):
            cache = AsyncCache(router, url, namespace=namespace, redis_seconds=0.3, lease_seconds=3, wait_seconds=2)

            async def task(number: int) -> None:
                with router.session():
                    ways = AsyncWays(router, cache)
                    await run_async(client(self.journal, number, ways, self._stop, self._seed, self._pause))

            await asyncio.gather(*(task(process * 1000 + 500 + each) for each in range(self._clients // 2)))
            await cache.close()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._stack.close()

    def recovers(self, what: str, seconds: float = 60) -> float:
        """Seconds from now until this kind of work, or work at this place, goes well again."""
        begun = time.monotonic()
        while self.journal.went_well.get(what, 0) <= begun:
            assert time.monotonic() - begun < seconds, f"no {what} within {seconds} s: {self.journal.errors}"
            time.sleep(0.005)
        return self.journal.went_well[what] - begun

    def check(self, conninfo: str) -> None:
        """Afterwards: no violation, no error but documented ones, no acknowledged write lost."""
        journal = self.journal
        assert not journal.undocumented, journal.undocumented[:5]
        found = violations(journal.events, {"read": READ_BOUND, "cached": TTL})
        assert not found, (len(found), found[:5])
        with psycopg.connect(conninfo, prepare_threshold=None) as connection:
            now = dict(connection.execute("select id, value from items").fetchall())
        for event in journal.events:
            assert event.kind != "write" or event.value <= now[event.key], f"lost: {event}"
