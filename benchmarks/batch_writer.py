"""How many rows a second does the batch writer write, beside bare COPY and executemany in the same run?"""

import asyncio
import contextlib
import datetime as dt
import statistics
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.report import Row
from pgclinic.instance import find_binaries, start
from pgclinic_runtime.batches import Append, AsyncBatchWriter, BatchWriter, Insert, Limits, setup

ROWS = 300_000
ROUNDS = 7
APPENDING, CONFLICT = 0.9, 0.5
LIMITS = Limits(rows=10_000, bytes=8_000_000, seconds=0.5)
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


class Bench:
    """One table, empty before each way of filling it; a way returns the seconds that it took.

    A writer is open and has written before, as the connection of bare COPY is open.
    """

    def __init__(self, conninfo: str, connection: psycopg.Connection[Any]) -> None:
        self._conninfo = conninfo
        self._connection = connection
        self._given = list(rows())
        connection.execute(TABLE)
        setup(connection)

    def copy(self) -> float:
        with self._filling() as seconds, self._connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for row in self._given:
                copy.write_row(row)
        return seconds()

    def executemany(self) -> float:
        with self._filling() as seconds, self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.executemany(INSERT, self._given)
        return seconds()

    def write_many(self, target: Append | Insert, *, there: int = 0) -> float:
        """``there``: of so many rows one is in the table already."""
        with BatchWriter(self._conninfo, target, limits=LIMITS) as writer:
            self._first(writer)
            with self._filling(there) as seconds:
                writer.write_many(self._given)
                writer.flush()
        return seconds()

    def write(self, target: Append) -> float:
        with BatchWriter(self._conninfo, target, limits=LIMITS) as writer:
            self._first(writer)
            with self._filling() as seconds:
                for row in self._given:
                    writer.write(row)
                writer.flush()
        return seconds()

    async def write_many_async(self, target: Append) -> float:
        async with AsyncBatchWriter(self._conninfo, target, limits=LIMITS) as writer:
            self._connection.execute("truncate calls")
            await (await writer.write(self._given[0]))
            with self._filling() as seconds:
                await writer.write_many(self._given)
                await writer.flush()
        return seconds()

    def _first(self, writer: BatchWriter) -> None:
        self._connection.execute("truncate calls")
        writer.write(self._given[0]).result()

    @contextlib.contextmanager
    def _filling(self, there: int = 0) -> Iterator[Callable[[], float]]:
        """An empty table, and all rows in it afterwards; yields what tells the seconds between."""
        self._connection.execute("truncate calls")
        if there:
            with self._connection.transaction(), self._connection.cursor() as cursor:
                cursor.executemany(INSERT, self._given[::there])
        self._connection.execute("checkpoint")
        begun, ended = time.perf_counter(), [0.0]
        yield lambda: ended[0] - begun
        ended[0] = time.perf_counter()
        assert self._connection.execute("select count(*) from calls").fetchone() == (ROWS,)


def run() -> Sequence[Row]:
    with (
        start(find_binaries()[0], settings={"max_wal_size": "4GB"}) as instance,
        psycopg.connect(instance.conninfo(), autocommit=True) as connection,
    ):
        bench = Bench(instance.conninfo(), connection)
        append = Append("calls", COLUMNS)
        nothing = Insert("calls", COLUMNS, conflict=("call_id",))
        update = Insert("calls", COLUMNS, conflict=("call_id",), update=("status",))
        ways: dict[str, tuple[Callable[[], float], float | None]] = {
            "executemany": (bench.executemany, None),
            "writer, append": (partial(bench.write_many, append), APPENDING),
            "writer, append, a call a row": (partial(bench.write, append), None),
            "async writer, append": (lambda: asyncio.run(bench.write_many_async(append)), None),
            "writer, do nothing": (partial(bench.write_many, nothing), CONFLICT),
            "  a row of 100 conflicts": (partial(bench.write_many, nothing, there=100), None),
            "  all rows conflict": (partial(bench.write_many, nothing, there=1), None),
            "writer, do update": (partial(bench.write_many, update), CONFLICT),
            "  a row of 100 conflicts ": (partial(bench.write_many, update, there=100), None),
            "  all rows conflict ": (partial(bench.write_many, update, there=1), None),
        }
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, (write, _) in ways.items():
                # Each beside bare COPY at the same moment, so that noise of the machine hits both alike.
                times[name].append((bench.copy(), write()))
        return [_row(name, times[name], least) for name, (_, least) in ways.items()]


def _row(name: str, pairs: list[tuple[float, float]], least: float | None) -> Row:
    share = statistics.median(bare / mine for bare, mine in pairs)
    rates = [ROWS / statistics.median(times) for times in zip(*pairs, strict=True)]
    return Row(
        subject=name,
        figure=f"{rates[1]:,.0f} rows a second; bare COPY beside it {rates[0]:,.0f}",
        value=share,
        line=f"at least {least:.0%} of bare COPY" if least else "",
        passes=share >= least if least else None,
    )
