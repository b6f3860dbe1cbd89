"""What a routed read costs beside the same read from a plain psycopg_pool pool, in one run.

It has one statement more, the guard, and no round trip more than the transaction that psycopg begins anyway.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from psycopg_pool import AsyncConnectionPool, ConnectionPool

from benchmarks.report import Row
from pgclinic.instance import binaries_for
from pgclinic.stack import start_primary, start_replica
from pgclinic_runtime.routing import AsyncRouter, Router

CALLS = 1000
QUERY = "select * from calls where id = 5"


def run() -> Sequence[Row]:
    with start_primary(binaries_for(18)) as primary, start_replica(primary) as replica:
        with ConnectionPool(primary.conninfo(), min_size=1) as pool, pool.connection() as connection:
            connection.execute(
                "create table calls as select i as id, i::text as phone from generate_series(1, 100) as i"
            )
        replica.wait_for()
        sync = _in_threads(primary.conninfo(), replica.conninfo())
        tasks = asyncio.run(_in_tasks(primary.conninfo(), replica.conninfo()))
    rows = []
    for subject, seconds in (("sync", sync), ("async", tasks)):
        plain = seconds["psycopg_pool, a transaction"]
        for name, each in seconds.items():
            rows.append(Row(subject=subject, figure=name, value=each * 1e6, unit="µs"))
            if name.startswith("pgclinic"):
                figure = f"{name}, to a transaction"
                rows.append(
                    Row(subject=subject, figure=figure, value=each / plain, unit="x", line="one statement more")
                )
    return rows


def _in_threads(primary: str, replica: str) -> dict[str, float]:
    with (
        ConnectionPool(primary) as first,
        ConnectionPool(replica) as second,
        ConnectionPool(replica, kwargs={"autocommit": True}) as automatic,
        Router(first, {"r": second}) as router,
    ):

        def plain() -> list[Any]:
            with second.connection() as connection:
                return connection.execute(QUERY).fetchall()

        def committed() -> list[Any]:
            with automatic.connection() as connection:
                return connection.execute(QUERY).fetchall()

        def routed() -> list[Any]:
            return router.fetch(QUERY)

        def with_token() -> list[Any]:
            with router.session() as session:
                session.wrote(token)
                return router.fetch(QUERY)

        with router.write() as connection:
            connection.execute("update calls set phone = '' where id = 7")
        token = router.position()
        time.sleep(2.5)  # until it has been looked at
        calls: dict[str, Callable[[], list[Any]]] = {
            "psycopg_pool, autocommit": committed,
            "psycopg_pool, a transaction": plain,
            "pgclinic, replica": routed,
            "pgclinic, replica, own write seen": with_token,
        }
        seconds: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(CALLS):  # taking turns, so that a busy moment hits all alike
            for name in random.sample(list(calls), len(calls)):
                begun = time.perf_counter()
                calls[name]()
                seconds[name].append(time.perf_counter() - begun)
    return {name: statistics.median(each) for name, each in seconds.items()}


async def _in_tasks(primary: str, replica: str) -> dict[str, float]:
    async with (
        AsyncConnectionPool(primary) as first,
        AsyncConnectionPool(replica) as second,
        AsyncRouter(first, {"r": second}) as router,
    ):

        async def plain() -> list[Any]:
            async with second.connection() as connection:
                return await (await connection.execute(QUERY)).fetchall()

        async def routed() -> list[Any]:
            return await router.fetch(QUERY)

        await asyncio.sleep(2.5)
        calls: dict[str, Callable[[], Awaitable[list[Any]]]] = {
            "psycopg_pool, a transaction": plain,
            "pgclinic, replica": routed,
        }
        seconds: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(CALLS):  # taking turns, so that a busy moment hits all alike
            for name in random.sample(list(calls), len(calls)):
                begun = time.perf_counter()
                await calls[name]()
                seconds[name].append(time.perf_counter() - begun)
    return {name: statistics.median(each) for name, each in seconds.items()}
