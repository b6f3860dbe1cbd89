"""What a cached read costs when it is there: beside a bare Redis GET, aiocache and cashews, in one run."""

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import aiocache
import cashews
import psycopg
import redis
import redis.asyncio
from aiocache.serializers import PickleSerializer
from cashews.backends.redis import Redis as CashewsRedis
from cashews.picklers import PicklerType
from cashews.wrapper.backend_settings import register_backend

from benchmarks.report import Row
from pgclinic.instance import binaries_for
from pgclinic.stack import start_primary, start_redis
from pgclinic_runtime.cache import AsyncCache, Cache
from pgclinic_runtime.routing import AsyncRouter, Router

TURNS, IN_A_ROW = 41, 100
PAGE = b"<p>418-555-0000</p>" * 1000
VALUE = {"last_hour": 41, "today": 512, "active": 7, "average": 183.25, "median": 150.5, "p95": 611.0, "callers": 388}
AGAINST_GET, IN_PROCESS = 1.2, 10.0


def run() -> Sequence[Row]:
    with start_primary(binaries_for(18)) as primary, start_redis() as store:
        sync = _in_threads(primary.conninfo(), store.url)
        tasks = asyncio.run(_in_tasks(primary.conninfo(), store.url))
    return [*_rows("sync", sync), *_rows("async", tasks)]


def _rows(subject: str, seconds: Mapping[str, float]) -> list[Row]:
    bare = seconds["bare Redis GET"]
    rows = []
    for name, each in seconds.items():
        micro = each * 1e6
        ours, in_process = name.startswith("pgclinic"), "process" in name
        row = Row(subject=subject, figure=name, value=micro, unit="µs")
        if ours and in_process:
            row = Row(subject=subject, figure=name, value=micro, unit="µs", line="10 µs", passes=micro <= IN_PROCESS)
        rows.append(row)
        if not in_process and name != "bare Redis GET" and "page" not in name:  # of another size than the bare value
            ratio, kept = each / bare, each / bare <= AGAINST_GET
            line = f"{AGAINST_GET} x" if ours else ""
            figure = f"{name}, to GET"
            rows.append(
                Row(subject=subject, figure=figure, value=ratio, unit="x", line=line, passes=kept if ours else None)
            )
    return rows


def _load(_: object) -> dict[str, Any]:
    return VALUE


def _in_threads(conninfo: str, url: str) -> dict[str, float]:
    with Router(partial(psycopg.connect, conninfo)) as router, redis.Redis.from_url(url) as client:
        client.set("bare", b"x" * 200)
        shared, memory = Cache(router, url, redis_seconds=5), Cache(router)
        near = Cache(router, url, redis_seconds=5, near_seconds=3600)
        calls: dict[str, Callable[[], object]] = {
            "bare Redis GET": partial(client.get, "bare"),
            "pgclinic, Redis": partial(shared.get, "k", _load, ttl=3600),
            "pgclinic, Redis, one tag": partial(shared.get, "t", _load, ttl=3600, tags=("dashboard",)),
            "pgclinic, in process": partial(memory.get, "k", _load, ttl=3600),
            "pgclinic, in process, one tag": partial(memory.get, "t", _load, ttl=3600, tags=("dashboard",)),
            "pgclinic, Redis, page of 19 kB": partial(shared.get, "page", lambda _: PAGE, ttl=3600),
            "pgclinic, near in process, page of 19 kB": partial(near.get, "page", lambda _: PAGE, ttl=3600),
        }
        seconds: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(TURNS):  # taking turns, so that a busy moment hits all alike
            for name in random.sample(list(calls), len(calls)):
                begun = time.perf_counter()
                for _ in range(IN_A_ROW):
                    calls[name]()
                seconds[name].append((time.perf_counter() - begun) / IN_A_ROW)
        shared.close()
        near.close()
    return {name: statistics.median(each) for name, each in seconds.items()}


async def _in_tasks(conninfo: str, url: str) -> dict[str, float]:
    async def load(_: object) -> dict[str, Any]:
        return VALUE

    async with AsyncRouter(partial(psycopg.AsyncConnection.connect, conninfo)) as router:
        client = redis.asyncio.Redis.from_url(url)
        await client.set("bare", b"x" * 200)
        shared, memory = AsyncCache(router, url, redis_seconds=5), AsyncCache(router)
        near = AsyncCache(router, url, redis_seconds=5, near_seconds=3600)
        peer = aiocache.RedisCache(serializer=PickleSerializer())
        peer.client = redis.asyncio.Redis.from_url(url)  # it can only make one for TCP
        peer_in_process = aiocache.SimpleMemoryCache()
        other, other_in_process = cashews.Cache(), cashews.Cache()
        register_backend("unix", CashewsRedis, pass_uri=True, pickler=PicklerType.DEFAULT)  # its own names are for TCP
        other.setup(url)
        other_in_process.setup("mem://")
        for cache in (peer, peer_in_process, other, other_in_process):
            await cache.set("peer", VALUE)
            assert await cache.get("peer") == VALUE
        calls: dict[str, Callable[[], Awaitable[object]]] = {
            "bare Redis GET": partial(client.get, "bare"),
            "pgclinic, Redis": partial(shared.get, "k", load, ttl=3600),
            "pgclinic, Redis, one tag": partial(shared.get, "t", load, ttl=3600, tags=("dashboard",)),
            "aiocache, Redis": partial(peer.get, "peer"),
            "cashews, Redis": partial(other.get, "peer"),
            "pgclinic, in process": partial(memory.get, "k", load, ttl=3600),
            "pgclinic, near in process": partial(near.get, "k", load, ttl=3600),
            "aiocache, in process": partial(peer_in_process.get, "peer"),
            "cashews, in process": partial(other_in_process.get, "peer"),
        }
        seconds: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(TURNS):  # taking turns, so that a busy moment hits all alike
            for name in random.sample(list(calls), len(calls)):
                begun = time.perf_counter()
                for _ in range(IN_A_ROW):
                    await calls[name]()
                seconds[name].append((time.perf_counter() - begun) / IN_A_ROW)
        await shared.close()
        await near.close()
        await client.aclose()
        await peer.client.aclose()
        await other.close()
        await other_in_process.close()
    return {name: statistics.median(each) for name, each in seconds.items()}
