"""How many rows a second does the batch writer write, beside bare COPY and executemany in the same run?"""

import asyncio
import datetime as dt
import statistics
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.report import Row
from pgclinic.instance import find_binaries, start
from pgclinic_runtime.batches import Append, AsyncBatchWriter, BatchWriter, Insert, Limits, setup

ROWS = 100_000
ROUNDS = 3
APPENDING, CONFLICT = 0.9, 0.5
LIMITS = Limits(rows=5_000, bytes=8_000_000, seconds=0.5)
COLUMNS = ("id", "call_id", "phone_number", "status", "duration", "started_at", "transcript")
TABLE = """
    create table calls (
        id uuid primary key, call_id text not null unique, phone_number text, status text, duration integer,
        started_at timestamptz, transcript text
    )
"""
COPY = sql.SQL("copy calls ({}) from stdin").format(sql.SQL(", ").join(map(sql.Identifier, COLUMNS)))
INSERT = sql.SQL("insert into calls ({}) values ({})").format(
    sql.SQL(", ").join(map(sql.Identifier, COLUMNS)), sql.SQL(", ").join([sql.Placeholder()] * len(COLUMNS))
)


def rows() -> Iterator[tuple[Any, ...]]:
    begun = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    for number in range(ROWS):
        yield (
            uuid.UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128)),
            f"call-{number}",
            f"+1514555{number % 10_000:04}",
            "completed",
            number % 600,
            begun + dt.timedelta(seconds=number),
            "Bonjour, mon drain est bloqué. " * 4,
        )


def run() -> Sequence[Row]:
    given = list(rows())
    with start(find_binaries()[0], settings={"max_wal_size": "4GB"}) as instance:
        conninfo = instance.conninfo()
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(TABLE)
            setup(connection)
            bare, ways = _ways(conninfo, connection, given)
            times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
            for _ in range(ROUNDS):
                for name, write in ways.items():
                    # Each beside bare COPY at the same moment, so that noise of the machine hits both alike.
                    times[name].append((_timed(bare, connection), _timed(write, connection)))
    return [_row(name, pairs) for name, pairs in times.items()]


def _timed(write: Callable[[], None], connection: psycopg.Connection[Any]) -> float:
    connection.execute("truncate calls")
    connection.execute("checkpoint")
    begun = time.perf_counter()
    write()
    seconds = time.perf_counter() - begun
    assert connection.execute("select count(*) from calls").fetchone() == (ROWS,)
    return seconds


def _ways(
    conninfo: str, connection: psycopg.Connection[Any], given: list[tuple[Any, ...]]
) -> tuple[Callable[[], None], dict[str, Callable[[], None]]]:
    def bare() -> None:
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for row in given:
                copy.write_row(row)

    def executemany() -> None:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(INSERT, given)

    def through(target: Append | Insert) -> None:
        with BatchWriter(conninfo, target, limits=LIMITS) as writer:
            writer.write_many(given)

    def one_by_one() -> None:
        with BatchWriter(conninfo, Append("calls", COLUMNS), limits=LIMITS) as writer:
            for row in given:
                writer.write(row)

    async def awaited() -> None:
        async with AsyncBatchWriter(conninfo, Append("calls", COLUMNS), limits=LIMITS) as writer:
            await writer.write_many(given)

    return bare, {
        "executemany": executemany,
        "writer, append": lambda: through(Append("calls", COLUMNS)),
        "writer, append, a call a row": one_by_one,
        "async writer, append": lambda: asyncio.run(awaited()),
        "writer, do nothing": lambda: through(Insert("calls", COLUMNS, conflict=("call_id",))),
        "writer, do update": lambda: through(Insert("calls", COLUMNS, conflict=("call_id",), update=("status",))),
    }


def _row(name: str, pairs: list[tuple[float, float]]) -> Row:
    share = statistics.median(bare / mine for bare, mine in pairs)
    rates = [ROWS / statistics.median(times) for times in zip(*pairs, strict=True)]
    least = {"writer, append": APPENDING, "writer, do nothing": CONFLICT, "writer, do update": CONFLICT}.get(name)
    return Row(
        subject=name,
        figure=f"{rates[1]:,.0f} rows a second; bare COPY beside it {rates[0]:,.0f}",
        value=share,
        line=f"at least {least:.0%} of bare COPY" if least else "",
        passes=share >= least if least else None,
    )
