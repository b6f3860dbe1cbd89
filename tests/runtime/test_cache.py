"""Cached reads over a real primary, replica and Redis."""

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from redis import Redis as RedisClient

from pgclinic.stack import Redis, start_redis
from pgclinic_runtime.cache import AsyncCache, Cache
from pgclinic_runtime.routing import Router
from routed import async_routed, eventually, routed
from stacking import Pair

pytestmark = pytest.mark.server
LONG = 3600.0


@pytest.fixture
def router(pair: Pair) -> Iterator[Router]:
    pair.execute("create table calls (id int)")
    with routed(pair.conninfo, pair.replica_conninfo) as router:
        yield router


@pytest.fixture(params=["memory", "redis"])
def cache(request: pytest.FixtureRequest, router: Router, pair: Pair, redis_store: Redis) -> Iterator[Cache]:
    url = redis_store.url if request.param == "redis" else None
    cache = Cache(router, url, namespace=f"{pair.name}-{os.urandom(4).hex()}", redis_seconds=10)
    yield cache
    cache.clear()
    cache.close()


class Count:
    """How many rows calls has, and how often it was asked for."""

    def __init__(self) -> None:
        self.loads = 0

    def __call__(self, connection: psycopg.Connection[Any]) -> int:
        self.loads += 1
        [(count,)] = connection.execute("select count(*) from calls").fetchall()
        assert isinstance(count, int)
        return count


def write(router: Router) -> None:
    with router.write() as connection:
        connection.execute("insert into calls values (1)")


def test_sync_and_async_have_the_same_names() -> None:
    names = [name for name in vars(Cache) if not name.startswith("_")]
    assert names == ["get", "cached", "invalidate", "invalidate_tables", "clear", "close"]
    assert names == [name for name in vars(AsyncCache) if not name.startswith("_")]


def test_a_value_is_loaded_once_and_every_caller_has_its_own(cache: Cache) -> None:
    loads = []

    def load(_: object) -> list[tuple[int, str]]:
        loads.append(1)
        return [(1, "a")]

    first, second = (cache.get("rows", load, ttl=LONG) for _ in range(2))
    assert first == second == [(1, "a")]
    first.clear()
    assert cache.get("rows", load, ttl=LONG) == [(1, "a")]
    assert len(loads) == 1


def test_nobody_misses_their_own_write_and_others_keep_the_cached_value(cache: Cache, router: Router) -> None:
    count = Count()
    with router.session():
        assert cache.get("count", count, ttl=LONG) == 0
        write(router)
        assert cache.get("count", count, ttl=LONG) == 1
    with router.session():
        assert cache.get("count", count, ttl=LONG) == 1
    assert count.loads == 2


def test_a_value_is_gone_after_its_time(cache: Cache) -> None:
    count = Count()
    cache.get("count", count, ttl=0.3, beta=0)
    begun = time.monotonic()
    cache.get("count", count, ttl=0.3, beta=0)
    if time.monotonic() - begun < 0.1:
        assert count.loads <= 2
    time.sleep(0.31)
    before = count.loads
    cache.get("count", count, ttl=0.3, beta=0)
    assert count.loads == before + 1


def test_invalidation_by_tag_and_by_table(cache: Cache, pair: Pair, router: Router) -> None:
    count = Count()

    def get() -> int:
        with router.session():
            return cache.get("count", count, ttl=LONG, tags=["dashboard"], tables=["calls"])

    assert [get(), get()] == [0, 0]
    pair.execute("insert into calls values (1)")
    assert [get(), count.loads] == [0, 1]
    cache.invalidate("other")
    cache.invalidate_tables("public.leads")
    assert [get(), count.loads] == [0, 1]
    cache.invalidate("dashboard")
    assert [get(), get(), count.loads] == [1, 1, 2]
    cache.invalidate_tables("public.calls")
    assert [get(), get(), count.loads] == [1, 1, 3]
    cache.invalidate_tables()
    assert [get(), get(), count.loads] == [1, 1, 4]
    cache.clear()
    assert [get(), get(), count.loads] == [1, 1, 5]


def test_a_near_copy_serves_without_redis_and_never_from_before_ones_own_write_or_invalidation(
    router: Router, redis_store: Redis
) -> None:
    name, count = os.urandom(4).hex(), Count()
    cache = Cache(router, redis_store.url, namespace=name, redis_seconds=10, near_seconds=LONG)

    def get() -> int:
        with router.session():
            return cache.get("count", count, ttl=LONG, tags=["calls"])

    assert [get(), get()] == [0, 0]  # loaded, then fetched from Redis
    with RedisClient.from_url(redis_store.url) as client:
        for key in client.keys(f"*{name}*"):
            client.delete(key)
    assert [get(), count.loads] == [0, 1]
    with router.session():
        write(router)
        assert cache.get("count", count, ttl=LONG, tags=["calls"]) == 1
    assert [get(), get(), count.loads] == [0, 0, 2]  # others may see the copy for so long
    cache.invalidate("calls")
    assert [get(), get(), count.loads] == [1, 1, 3]
    cache.clear()
    assert [get(), count.loads] == [1, 4]
    cache.close()


def test_a_near_copy_serves_for_its_time_and_no_longer(router: Router, redis_store: Redis) -> None:
    name = os.urandom(4).hex()
    cache = Cache(router, redis_store.url, namespace=name, redis_seconds=10, near_seconds=0.05)
    count = Count()
    for _ in range(2):
        cache.get("count", count, ttl=LONG)
    with RedisClient.from_url(redis_store.url) as client:
        for key in client.keys(f"*{name}*"):
            client.delete(key)
    time.sleep(0.06)
    cache.get("count", count, ttl=LONG)
    assert count.loads == 2
    cache.close()


def test_what_was_loading_while_it_was_invalidated_is_not_kept(cache: Cache, pair: Pair) -> None:
    def load(connection: psycopg.Connection[Any]) -> int:
        count = Count()(connection)
        if count == 0:
            pair.execute("insert into calls values (1)")
            cache.invalidate("calls")
        return count

    assert cache.get("count", load, ttl=LONG, tags=["calls"]) == 0
    assert cache.get("count", load, ttl=LONG, tags=["calls"]) == 1


def test_many_askers_make_one_load(cache: Cache) -> None:
    count, begin = Count(), threading.Barrier(8)

    def slow(connection: psycopg.Connection[Any]) -> int:
        time.sleep(0.3)
        return count(connection)

    def ask(_: int) -> int:
        begin.wait()
        return cache.get("count", slow, ttl=LONG)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, range(8))) == [0] * 8
    assert count.loads == 1


def test_many_processes_make_one_load(router: Router, redis_store: Redis) -> None:
    """Each cache stands for a process: they share nothing but Redis."""
    count, namespace = Count(), os.urandom(4).hex()
    caches = [Cache(router, redis_store.url, namespace=namespace, redis_seconds=10) for _ in range(6)]

    def slow(connection: psycopg.Connection[Any]) -> int:
        time.sleep(0.3)
        return count(connection)

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(lambda cache: cache.get("count", slow, ttl=LONG), caches)) == [0] * 6
    assert count.loads == 1
    for cache in caches:
        cache.close()


def test_a_loader_that_was_overtaken_stores_nothing(router: Router, redis_store: Redis) -> None:
    cache = Cache(router, redis_store.url, namespace=os.urandom(4).hex(), redis_seconds=10, lease_seconds=0.05)
    other = Cache(router, redis_store.url, namespace=cache._names.prefix.split(":")[2], redis_seconds=10)

    def overtaken(_: object) -> str:
        time.sleep(0.1)
        assert other.get("k", lambda _: "later", ttl=LONG) == "later"
        return "earlier"

    assert cache.get("k", overtaken, ttl=LONG) == "earlier"
    assert cache.get("k", overtaken, ttl=LONG) == "later"
    cache.close()
    other.close()


def test_a_hot_value_is_loaded_early_by_one_while_it_serves_the_others(cache: Cache) -> None:
    loads: list[float] = []

    def load(_: object) -> int:
        loads.append(time.monotonic())
        time.sleep(0.02)
        return len(loads)

    begun = time.monotonic()
    while len(loads) < 4 and time.monotonic() - begun < 60:
        cache.get("hot", load, ttl=2.0, beta=20.0)
        time.sleep(0.001)
    assert len(loads) == 4
    assert loads[3] - loads[0] < 3 * 2.0, "before it expired"


def fail(_: object) -> Any:
    raise psycopg.OperationalError("the database is away")


def test_a_stale_value_is_served_on_error_for_a_while(cache: Cache) -> None:
    assert cache.get("k", lambda _: 1, ttl=0.2, stale=LONG, beta=0) == 1
    time.sleep(0.25)
    assert cache.get("k", fail, ttl=0.2, stale=LONG, beta=0) == 1
    assert cache.get("short", lambda _: 1, ttl=0.05, stale=0.05, beta=0) == 1
    time.sleep(0.15)
    with pytest.raises(psycopg.OperationalError, match="away"):
        cache.get("short", fail, ttl=0.05, stale=0.05, beta=0)
    with pytest.raises(ZeroDivisionError):
        cache.get("k", lambda _: 1 // 0, ttl=0.2, stale=LONG)
    cache.get("tagged", lambda _: 1, ttl=0.05, stale=LONG, tags=["t"])
    cache.invalidate("t")
    with pytest.raises(psycopg.OperationalError, match="away"):
        cache.get("tagged", fail, ttl=0.05, stale=LONG, tags=["t"])


def test_a_decorated_function_is_cached_by_its_arguments(cache: Cache, router: Router) -> None:
    @cache.cached(ttl=LONG, tables=["calls"])
    def numbers(connection: psycopg.Connection[Any], first: int, *, last: int) -> list[int]:
        """Numbers."""
        return [number for (number,) in connection.execute("select generate_series(%s::int, %s)", [first, last])]

    assert numbers(1, last=3) == numbers(1, last=3) == [1, 2, 3]
    assert numbers(2, last=3) == [2, 3]
    assert numbers.__doc__ == "Numbers."
    with pytest.raises(TypeError, match="cannot be cached"):
        cache.get("k", lambda connection: connection, ttl=1)
    assert router.states()


@contextlib.contextmanager
def stopped(pid: int | None) -> Iterator[None]:
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_redis_may_die_hang_and_come_back(router: Router, pair: Pair) -> None:
    with start_redis() as store:
        cache = Cache(router, store.url, redis_seconds=0.5)
        other = Cache(router, store.url, redis_seconds=0.5)
        count = Count()

        def get(cache: Cache) -> int:
            with router.session():
                return cache.get("count", count, ttl=LONG, tags=["calls"])

        assert get(cache) == get(other) == 0
        pair.execute("insert into calls values (1)")
        with stopped(store.process.pid):
            begun = time.monotonic()
            cache.invalidate("calls")
            assert get(cache) == 1
            assert time.monotonic() - begun < 20, "bounded by the socket's timeouts"
            assert get(cache) == 1, "from memory"
        # What was cached in Redis before is not believed again: it is told of the invalidation first.
        eventually(lambda: get(cache) == 1 and not cache._shelves.breaker.is_open)
        assert get(other) == 1
        store.kill()
        assert get(cache) == 1
        pair.execute("insert into calls values (2)")
        cache.invalidate("calls")
        assert get(cache) == 2
        store.start_again()
        eventually(lambda: get(cache) == 2 and not cache._shelves.breaker.is_open)
        assert get(other) == 2
        cache.close()
        other.close()


@pytest.mark.parametrize(
    "damage", [lambda _: b"foreign", lambda data: data[:-1], lambda data: data[:40] + b"!" + data[41:]]
)
def test_damaged_and_foreign_values_in_redis_are_misses(
    router: Router, redis_store: Redis, damage: Callable[[bytes], bytes]
) -> None:
    cache = Cache(router, redis_store.url, namespace=os.urandom(4).hex(), redis_seconds=10)
    count = Count()
    with RedisClient.from_url(redis_store.url) as client:
        for expected in (1, 2):
            cache.get("k", count, ttl=LONG, tags=["t"])
            assert count.loads == expected
            (name, tag), _ = cache._names("k", ["t"], [])
            client.set(name, damage(client.get(name) or b""))
        cache.get("k", count, ttl=LONG, tags=["t"])
        client.delete(name)
        client.rpush(name, "a list")
        assert cache.get("k", count, ttl=LONG, tags=["t"]) == 0
        client.set(tag, b"foreign")
        assert cache.get("k", count, ttl=LONG, tags=["t"]) == 0
    cache.close()


@pytest.mark.parametrize("in_redis", [False, True])
def test_tasks_share_one_load_and_see_their_own_writes(pair: Pair, redis_store: Redis, *, in_redis: bool) -> None:
    pair.execute("create table calls (id int)")
    loads: list[int] = []

    async def load(connection: psycopg.AsyncConnection[Any]) -> int:
        loads.append(1)
        await asyncio.sleep(0.1)
        [(count,)] = await (await connection.execute("select count(*) from calls")).fetchall()
        assert isinstance(count, int)
        return count

    async def main() -> None:
        async with async_routed(pair) as router:
            url = redis_store.url if in_redis else None
            cache = AsyncCache(router, url, namespace=os.urandom(4).hex(), redis_seconds=10)
            cached = cache.cached(ttl=LONG, tags=["calls"])(load)
            assert await asyncio.gather(*(cached() for _ in range(10))) == [0] * 10
            assert len(loads) == 1
            with router.session():
                async with router.write() as connection:
                    await connection.execute("insert into calls values (1)")
                assert await cached() == 1
            await cache.invalidate("calls")
            assert await cached() == 1
            assert len(loads) == 3
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await cache.get("slow", load, ttl=LONG)
            assert await cache.get("slow", load, ttl=LONG) == 1
            await cache.clear()
            await cache.close()

    asyncio.run(main())
