"""What watching costs: the server, for 100 tables and 5,000 statements, and the watcher.

Processor time is that of the watcher's own server process, from /proc: what else the machine does changes little of it.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from benchmarks.report import Row
from pgclinic.instance import Instance, find_binaries, start
from pgclinic.watch.clock import SystemClock
from pgclinic.watch.looks import CENSUS_SECONDS, INTERVAL_SECONDS
from pgclinic.watch.source import ServerSource
from pgclinic.watch.watcher import Watcher

TABLES = 100
STATEMENTS = 5_000
LOOKS = 20
_TICKS = os.sysconf("SC_CLK_TCK")
_SETTINGS = {
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.max": "10000",
    "autovacuum": "off",
    "max_locks_per_transaction": "256",
}


def run() -> Sequence[Row]:
    binaries = find_binaries()[0]
    with start(binaries, settings=_SETTINGS) as instance:
        _fill(instance)
        quick, census, took = _costs(instance)
        memory, growth = _memory(instance)
    share = quick / INTERVAL_SECONDS + (census - quick) / CENSUS_SECONDS
    subject = f"{TABLES} tables, {STATEMENTS} statements, PostgreSQL {binaries.major}"
    return (
        Row(subject=subject, figure="server, a look", value=quick * 1000, unit="ms of a core"),
        Row(subject=subject, figure="server, a census", value=census * 1000, unit="ms of a core"),
        Row(
            subject=subject,
            figure="server, every 30 s",
            value=share * 100,
            unit="% of a core",
            line="below 0.5 % (issue)",
            passes=share < 0.005,
        ),
        Row(subject=subject, figure="a look takes", value=took * 1000, unit="ms"),
        Row(
            subject=subject,
            figure="the watcher's memory",
            value=memory / 1024,
            unit="MB",
            line="below 150 MB (issue)",
            passes=memory < 150 * 1024,
        ),
        Row(subject=subject, figure="memory gained over 60 looks", value=growth / 1024, unit="MB"),
        *_many(),
    )


def _fill(instance: Instance) -> None:
    variants = STATEMENTS // TABLES
    with psycopg.connect(instance.conninfo(), autocommit=True) as session:
        session.execute("create extension pg_stat_statements")
        for table in range(TABLES):
            session.execute(f"create table t{table} (id int primary key, a int, b text)")
            session.execute(f"create index on t{table} (a)")
            session.execute(f"insert into t{table} select n, n, 'x' from generate_series(1, 100) n")
            for variant in range(variants):
                columns = ", ".join(["id"] * (variant + 1))
                session.execute(f"select {columns} from t{table} where id = 1", prepare=False)


def _work(instance: Instance) -> None:
    """What an application does between two looks: 300 of the statements."""
    with psycopg.connect(instance.conninfo(), autocommit=True) as session:
        for number in range(300):
            session.execute(f"select id from t{number % TABLES} where id = {number}", prepare=False)


def _costs(instance: Instance) -> tuple[float, float, float]:
    """Seconds of processor time of a look and of a census on the server, and how long a look took."""
    source = ServerSource(instance.conninfo())
    clock = SystemClock()
    watcher = Watcher("t", source, clock)
    every = Watcher("t", source, clock, census_seconds=0.0)
    costs: dict[bool, list[float]] = {False: [], True: []}
    took: list[float] = []
    for number in range(LOOKS + 3):
        for eye, is_census in ((watcher, False), (every, True)):
            _work(instance)
            before = _processor_seconds(source)
            begin = time.perf_counter()
            eye.look()
            if number >= 3:
                costs[is_census].append(_processor_seconds(source) - before)
                if not is_census:
                    took.append(time.perf_counter() - begin)
    source.close()
    # Ticks are of ten milliseconds: their mean is exact where their median would be a multiple.
    return statistics.mean(costs[False]), statistics.mean(costs[True]), statistics.median(took)


def _processor_seconds(source: ServerSource) -> float:
    session = source._session  # noqa: SLF001 - which process it is, nobody else needs to know
    if session is None:
        return 0.0
    fields = Path(f"/proc/{session.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


_WATCHER = """
import sys
from pathlib import Path
from pgclinic.watch.clock import SystemClock
from pgclinic.watch.history import History
from pgclinic.watch.keeper import Keeper
from pgclinic.watch.source import ServerSource
from pgclinic.watch.watcher import Watcher

def rss():
    return next(int(line.split()[1]) for line in Path("/proc/self/status").open() if line.startswith("VmRSS"))

clock = SystemClock()
history = History(sys.argv[2])
keeper = Keeper(history, clock)
watcher = Watcher("t", ServerSource(sys.argv[1]), clock, census_seconds=0.5)
early = 0
for number in range(80):
    keeper.put(watcher.look())
    keeper.flush()
    early = rss() if number == 20 else early
print(rss(), rss() - early)
"""


def _memory(instance: Instance) -> tuple[int, int]:
    """Resident kilobytes of a watcher in a process of its own, and what it gained between looks 20 and 80."""
    with tempfile.TemporaryDirectory() as folder:
        told = subprocess.run(
            [sys.executable, "-c", _WATCHER, instance.conninfo(), f"{folder}/history.sqlite"],
            capture_output=True,
            text=True,
            check=True,
        )
    memory, growth = told.stdout.split()
    return int(memory), int(growth)


_MANY = """
import sys, time, threading
from pathlib import Path
sys.path.insert(0, "tests")
from watching import Inline, SimulatedClock, SimulatedServer
from pgclinic.watch.history import History
from pgclinic.watch.keeper import Keeper
from pgclinic.watch.loop import Loop
from pgclinic.watch.watcher import Watcher

clock = SimulatedClock()
history = History(sys.argv[1])
keeper = Keeper(history, clock)
servers = [SimulatedServer(clock, seed=number, statements=100, tables=50) for number in range(200)]
watchers = [Watcher(f"t{number}", server, clock) for number, server in enumerate(servers)]
begin, used = time.perf_counter(), time.process_time()
with Loop(watchers, keeper, clock, executor=Inline) as loop:
    loop.run(600)
    looks = loop.looks
used = time.process_time() - used
rss = next(int(line.split()[1]) for line in Path("/proc/self/status").open() if line.startswith("VmRSS"))
size = sum(path.stat().st_size for path in Path(sys.argv[1]).parent.iterdir())
print(looks, keeper.written, used, rss, size)
"""


def _many() -> Sequence[Row]:
    """Two hundred targets of 100 busy statements and 50 tables, simulated, for ten minutes of theirs."""
    with tempfile.TemporaryDirectory() as folder:
        told = subprocess.run(
            [sys.executable, "-c", _MANY, f"{folder}/history.sqlite"],
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            text=True,
            check=True,
        )
    looks, written, used, rss, size = (float(each) for each in told.stdout.split())
    subject = "200 targets, 100 busy statements, 50 tables each"
    return (
        Row(
            subject=subject,
            figure="looks kept in 10 min",
            value=written,
            unit="",
            line="4000",
            passes=looks == written == 4000,
        ),
        Row(
            subject=subject,
            figure="a core, looks and store",
            value=used / 600 * 100,
            unit="%",
            line="below a core",
            passes=used < 600,
        ),
        Row(subject=subject, figure="processor time a look", value=used / looks * 1000, unit="ms"),
        Row(subject=subject, figure="memory", value=rss / 1024, unit="MB"),
        Row(subject=subject, figure="store, a sample", value=size / written, unit="bytes"),
    )
