"""How long does a page of calls with their leads take through the loader, beside a statement for each call?"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from typing import Any

import psycopg

from benchmarks.report import Row
from pgclinic.instance import find_binaries, start
from pgclinic_runtime.loader import AsyncLoader, Children, Loader, Order, Rows

CALLS, LEADS, PAGE, ROUNDS = 20_000, 100_000, 100, 25
SETUP = f"""
    create table calls (id int primary key, phone text, status text);
    create table leads (id int primary key, call_id int not null references calls, score int, name text);
    insert into calls select i, (i * 7919 % 100003)::text, 'completed' from generate_series(1, {CALLS}) as i;
    insert into leads select i, 1 + i % {CALLS}, i * 31 % 100, 'lead ' || i from generate_series(1, {LEADS}) as i;
    create index on leads (call_id, score desc);
    vacuum analyze calls;
    vacuum analyze leads;
"""
CALL = Rows("calls", key="id", columns=("id", "phone"))
BEST = Children("leads", key="call_id", columns=("id", "name"), order=(Order("score", descending=True),), limit=3)
ONE_CALL = "select id, phone from calls where id = %s"
ONE_CALLS_LEADS = "select id, name from leads where call_id = %s order by score desc limit 3"


def run() -> Sequence[Row]:
    with start(find_binaries()[0]) as instance:
        conninfo = instance.conninfo()
        with psycopg.connect(conninfo, autocommit=True) as connection:
            for statement in SETUP.split(";")[:-1]:
                connection.execute(statement)
            return [*_sync(connection), *asyncio.run(_async(conninfo))]


def _sync(connection: psycopg.Connection[Any]) -> Sequence[Row]:
    def one_by_one(keys: Sequence[int]) -> int:
        for key in keys:
            connection.execute(ONE_CALL, [key]).fetchone()
        return sum(len(connection.execute(ONE_CALLS_LEADS, [key]).fetchall()) for key in keys)

    def loaded(keys: Sequence[int]) -> int:
        loader = Loader(connection)
        loader.load_many(CALL, keys)
        return sum(map(len, loader.load_many(BEST, keys)))

    slow: list[float] = []
    quick: list[float] = []
    for turn in range(ROUNDS):
        keys = _page(turn)
        for way, times in ((one_by_one, slow), (loaded, quick)):
            begun = time.perf_counter()
            assert way(keys) == 3 * PAGE
            times.append(time.perf_counter() - begun)
    return _rows("sync", slow, quick)


async def _async(conninfo: str) -> Sequence[Row]:
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:

        async def one_by_one(keys: Sequence[int]) -> int:
            found = 0
            for key in keys:
                await (await connection.execute(ONE_CALL, [key])).fetchone()
                found += len(await (await connection.execute(ONE_CALLS_LEADS, [key])).fetchall())
            return found

        async def loaded(keys: Sequence[int]) -> int:
            loader = AsyncLoader(lambda: nullcontext(connection))

            async def call(key: int) -> int:
                await loader.load(CALL, key)
                return len(await loader.load(BEST, key))

            return sum(await asyncio.gather(*map(call, keys)))

        slow: list[float] = []
        quick: list[float] = []
        ways: list[tuple[Callable[[Sequence[int]], Awaitable[int]], list[float]]] = [
            (one_by_one, slow),
            (loaded, quick),
        ]
        for turn in range(ROUNDS):
            keys = _page(turn)
            for way, times in ways:
                begun = time.perf_counter()
                assert await way(keys) == 3 * PAGE
                times.append(time.perf_counter() - begun)
        return _rows("async", slow, quick)


def _page(turn: int) -> list[int]:
    return [1 + (turn * PAGE * 7 + number * 13) % CALLS for number in range(PAGE)]


def _rows(kind: str, slow: list[float], quick: list[float]) -> Sequence[Row]:
    ratio = statistics.median(before / after for before, after in zip(slow, quick, strict=True))
    return [
        Row(subject=f"{kind}, {2 * PAGE} statements", figure="a page", value=1000 * statistics.median(slow), unit="ms"),
        Row(subject=f"{kind}, loader, 2", figure="a page", value=1000 * statistics.median(quick), unit="ms"),
        Row(
            subject=f"{kind}, loader", figure="times faster", value=ratio, line="N+1 in the same run", passes=ratio > 1
        ),
    ]
