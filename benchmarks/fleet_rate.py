"""What a fleet asks of its store: jobs a second through the queue, and bytes a sample at each resolution.

``docs/fleet.md`` works out from these figures what ten thousand targets take.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import procrastinate
import sqlalchemy as sa
from psycopg.conninfo import conninfo_to_dict

from benchmarks.report import Row
from pgclinic.instance import Instance, find_binaries, start
from pgclinic.watch.fleet import prepare_queue
from pgclinic.watch.history import History
from pgclinic.watch.keeper import Keeper
from pgclinic.watch.loop import Loop
from pgclinic.watch.watcher import Watcher

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from watching import Inline, SimulatedClock, SimulatedServer

JOBS = 1_000
TARGETS = 20
HOURS = 2
NEEDED = 10_000 / 300
"""Shifts a second of ten thousand targets at five minutes a shift."""


def run() -> Sequence[Row]:
    with start(find_binaries()[0], settings={"max_connections": "60", "autovacuum": "on"}) as instance:
        rate = _jobs_a_second(instance)
        sampled, minutes, hours, seconds = _bytes(instance)
    return (
        Row(
            subject="queue",
            figure="jobs put in, fetched, ended",
            value=rate,
            unit="a second",
            line=f"{NEEDED:.0f} a second (10,000 targets)",
            passes=rate > NEEDED,
        ),
        Row(subject="store", figure="a sample", value=sampled, unit="bytes"),
        Row(subject="store", figure="five minutes of a target", value=minutes, unit="bytes"),
        Row(subject="store", figure="an hour of a target", value=hours, unit="bytes"),
        Row(subject="store", figure="a look and all that is made of it", value=seconds * 1000, unit="ms of a core"),
    )


def _jobs_a_second(instance: Instance) -> float:
    conninfo = instance.conninfo()
    prepare_queue(conninfo)
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo, min_size=1, max_size=4))

    @app.task(name="nothing", queue="bench")
    async def nothing(name: str) -> None:  # noqa: ARG001 - as a shift has one
        await asyncio.sleep(0)

    async def work() -> float:
        async with app.open_async():
            begin = time.perf_counter()
            for number in range(JOBS):
                await app.configure_task(
                    "nothing", queue="bench", lock=f"t{number}", queueing_lock=f"t{number}"
                ).defer_async(name=f"t{number}")
            await app.run_worker_async(
                queues=["bench"], concurrency=200, wait=False, delete_jobs="successful", install_signal_handlers=False
            )
            return JOBS / (time.perf_counter() - begin)

    return asyncio.run(work())


def _bytes(instance: Instance) -> tuple[float, float, float, float]:
    """Bytes a row of each resolution, its figures and its share of the indexes with it; processor seconds a look."""
    given = conninfo_to_dict(instance.conninfo())
    place = f"{given['user']}:{given.get('password', '')}@/{given['dbname']}"
    history = History(f"postgresql://{place}?host={given['host']}&port={given['port']}")
    clock = SimulatedClock()
    servers = [SimulatedServer(clock, seed=number, statements=100, tables=50) for number in range(TARGETS)]
    watchers = [Watcher(f"t{number}", server, clock) for number, server in enumerate(servers)]
    used = time.process_time()
    with Loop(watchers, Keeper(history, clock), clock, executor=Inline) as loop:
        loop.run(HOURS * 3600 + 600)
        used = (time.process_time() - used) / loop.looks

    def total(table: str, resolution: int) -> tuple[int, int]:
        row = history.rows(
            sa.text(
                f"select count(*), coalesce(sum(pg_column_size(t.*)), 0) from {table} t where resolution = {resolution}"
            )
        )[0]
        return int(row[0]), int(row[1])

    bytes_of = []
    for resolution in (0, 300, 3600):
        samples, size = total("samples", resolution)
        figures, more = total("observations", resolution)
        # A line pointer of a heap tuple is 4 bytes; an entry of the primary keys' B-trees about 32.
        bytes_of.append((size + more + (samples + figures) * (4 + 32)) / samples)
    history.close()
    return bytes_of[0], bytes_of[1], bytes_of[2], used
