"""A hot cache over a router, for threads."""

import time
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from psycopg import Connection

from pgclinic_runtime.breaker import Breaker
from pgclinic_runtime.cache.asking import ABSENT, Ask, Asking, Ways
from pgclinic_runtime.cache.flights import Flights
from pgclinic_runtime.cache.memory import Memory
from pgclinic_runtime.cache.naming import Names
from pgclinic_runtime.cache.near import Near
from pgclinic_runtime.cache.shared import Shared
from pgclinic_runtime.cache.shelves import Shelves
from pgclinic_runtime.position import Position
from pgclinic_runtime.routing.router import Router
from pgclinic_runtime.steps import run

Value = TypeVar("Value")
Arguments = ParamSpec("Arguments")


class Cache:
    """Values that were read through ``router``, in Redis at ``redis_url``, or in memory without one.

    Never a value older than its ``ttl``, never one from before the session's own last write. When Redis cannot be used
    it falls back to memory, waits at most ``redis_seconds`` for an answer, and comes back by itself. A loader has
    ``lease_seconds`` before another process may load the same; who waits for it waits ``wait_seconds`` at most.
    With ``near_seconds`` above 0, what was fetched from Redis serves this process for so long without asking again; it
    learns that much later of what other processes invalidate. Clocks of machines that share a Redis are taken to agree.
    """

    def __init__(
        self,
        router: Router,
        redis_url: str | None = None,
        *,
        namespace: str = "",
        memory_bytes: int = 64 * 1024 * 1024,
        redis_seconds: float = 0.25,
        near_seconds: float = 0.0,
        lease_seconds: float = 30.0,
        wait_seconds: float = 10.0,
    ) -> None:
        self.router = router
        self._names = Names(namespace)
        shared = Shared(redis_url, redis_seconds) if redis_url else None
        near = Near(near_seconds, memory_bytes) if near_seconds else None
        memory, breaker = Memory(memory_bytes), Breaker(longest_seconds=5.0)
        self._shelves = Shelves(shared, memory, self._names.prefix, breaker, near=near)
        ways = Ways(self._perform, router.position, time.sleep, router.current_session)
        self._asking = Asking(self._shelves, Flights(), ways, lease_seconds=lease_seconds, wait_seconds=wait_seconds)

    def get(
        self,
        key: str,
        load: Callable[[Connection[Any]], Value],
        *,
        ttl: float,
        tags: Sequence[str] = (),
        tables: Sequence[str] = (),
        stale: float = 0.0,
        beta: float = 1.0,
    ) -> Value:
        """The value of ``key``: at most ``ttl`` seconds old, else what ``load`` returns from a reading connection.

        One loads while others wait. Shortly before it expires one asker loads it anew (``beta`` above 1: earlier, 0:
        never). When loading fails with psycopg.OperationalError, a value expired less than ``stale`` seconds ago is
        served. ``tags`` and ``tables`` (``schema.table``) are what it can be invalidated by, the same at each call.
        Raises what ``load`` raises, and TypeError for a value that would not come back as it is.
        """
        names, lock = self._names(key, tags, tables)
        value: Value = self._asking.at_hand(names, beta)
        if value is ABSENT:
            value = run(self._asking.get(Ask(names, lock, load, ttl, stale, beta)))
        return value

    def cached(
        self,
        *,
        ttl: float,
        tags: Sequence[str] = (),
        tables: Sequence[str] = (),
        stale: float = 0.0,
        beta: float = 1.0,
    ) -> Callable[[Callable[Concatenate[Connection[Any], Arguments], Value]], Callable[Arguments, Value]]:
        """Decorate a function whose first argument is a connection: callers leave it out, the others are the key."""

        def decorated(function: Callable[Concatenate[Connection[Any], Arguments], Value]) -> Callable[Arguments, Value]:
            @wraps(function)
            def wrapped(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Value:
                return self.get(
                    self._names.of_call(function, args, kwargs),
                    lambda connection: function(connection, *args, **kwargs),
                    ttl=ttl,
                    tags=tags,
                    tables=tables,
                    stale=stale,
                    beta=beta,
                )

            return wrapped

        return decorated

    def invalidate(self, *tags: str) -> None:
        """Whatever was loaded under one of these tags is a miss from now on. Call it after the commit, not before."""
        run(self._asking.invalidate(self._names.of_tags(tags)))

    def invalidate_tables(self, *tables: str) -> None:
        """The same for values that depend on these tables; without any, for all that depend on tables."""
        run(self._asking.invalidate(self._names.of_changed_tables(tables)))

    def clear(self) -> None:
        """Forget everything of this namespace, for all processes."""
        run(self._shelves.clear())

    def close(self) -> None:
        """Close the connections to Redis."""
        if isinstance(self._shelves.shared, Shared):
            self._shelves.shared.close()

    def _perform(
        self,
        load: Callable[[Any], Any],
        floor: Position | None,
        age: float,
        primary: bool,  # noqa: FBT001 - as in Ways
    ) -> tuple[Any, Position | None, float]:
        return self.router.perform(
            lambda reading: (load(reading.connection), reading.position, reading.age), floor, age, primary=primary
        )
