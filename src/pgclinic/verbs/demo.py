"""The whole loop on a neglected database of our own: load, measure, examine, prescribe, treat, measure again.

A client of the other verbs like any other: it knows nothing that they did not find.
"""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Event
from time import monotonic

import msgspec
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgclinic.demo.goals import goals
from pgclinic.demo.pace import pace, tasks
from pgclinic.demo.workload_script import demo_script
from pgclinic.grading.calibration import booked, ledger_of
from pgclinic.grading.proving import compare
from pgclinic.instance import binaries_for, start
from pgclinic.model.checkup import Checkup
from pgclinic.model.demonstration import Demonstration
from pgclinic.model.prescription import StatementMapping
from pgclinic.model.progress import Progress
from pgclinic.model.proof import Run
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import Load, Omission, SeenStatement
from pgclinic.postgres.connect import open_session
from pgclinic.postgres.sampling import sampled
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.demo_load import load
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import prescribe
from pgclinic.verbs.private import death_in_words, for_people
from pgclinic.verbs.prove import prove
from pgclinic.verbs.snapshot import snapshot
from pgclinic.verbs.treat import treat

MAJOR = 18
DATABASE = "fortin"
CONNECTIONS = 8
REPEAT = 12
"""How often each task is run for each unit of its weight: enough for a median of the slowest statements."""

# Everything else is as a new server has it: the demo shows what neglect does, not what odd settings do.
SETTINGS = {
    "shared_buffers": "128MB",
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track": "top",
    "max_wal_size": "4GB",
    "fsync": "on",
    "full_page_writes": "on",
}

_LONGEST_SECONDS = 3600
"""Of one measured run, which ends by itself."""

_WARM_UP = 2
"""The same before the first measured run, which an application's server has long behind it; counted by nobody."""

_SAME_WINDOW = (
    "Before each measured run another one with other parameters warms up the demo's own server, which then forgets "
    "its counters, so that both checkups see the same window: the workload and nothing else. Dead rows are counted "
    "anew by ANALYZE."
)
_SAME_WORK = "Both runs execute the same statements the same number of times, with the same parameters and order."
_AGAIN_SECONDS = 20
"""How long the second measured run takes at most."""


def demo(
    *,
    scale: str = "medium",
    seed: int = 1,
    keep: bool = False,
    lasting: ExitStack | None = None,
    on_loaded: Callable[[str], object] = lambda _: None,
    on_examined: Callable[[Checkup], object] = lambda _: None,
) -> Generator[Progress, None, Demonstration]:
    """Take one database from neglect to measured cure. Its server and files are gone afterwards.

    Unless ``keep``, which lets them outlive this process, or ``lasting``, with which they then end.

    For whoever wants to look on: ``on_loaded`` is told how to connect once the data is there, ``on_examined`` what was
    found before and after.
    """
    started = monotonic()
    with death_in_words("The demo's server"), ExitStack() as stack:
        yield Progress("starting a PostgreSQL server")
        binaries = binaries_for(MAJOR)
        instance = stack.enter_context(start(binaries, settings=SETTINGS, trusted=True))
        conninfo = create_database(instance.conninfo())
        yield Progress("starting", note=_note(started, f"PostgreSQL {binaries.version} is running"))

        loaded = yield from load(conninfo, scale=scale, seed=seed)
        yield Progress("loading", note=_note(started, f"loaded {loaded.calls:,} calls, {loaded.bytes >> 20:,} MB"))
        on_loaded(conninfo)

        with sampling(conninfo) as sample:
            yield from _played(conninfo, repeat=_WARM_UP, seed=seed + 1)
            yield Progress("forgetting what was counted so far")
            forget_counters(conninfo)
            before_run = yield from _played(conninfo, repeat=REPEAT, seed=seed)
        yield Progress("measuring", note=_note(started, f"measured the workload, {_p95(before_run)}"))
        seen, before = yield from _examined(conninfo)
        on_examined(before)
        yield Progress("examining", note=_note(started, f"examined: grade {before.grade.letter}"))

        course = yield from prescribe(seen, seen=sample)
        yield Progress("prescribing", note=_note(started, f"prescribed {len(course.prescriptions)} treatments"))
        # The journal goes with the server: there will be no database left that it could tell anything about.
        treatment = yield from treat(conninfo, course, journals=instance.socket_directory)
        yield Progress("treating", note=_note(started, "treated without stopping the application"))

        mappings = tuple(mapping for item in course.prescriptions for mapping in item.mappings)
        busiest = yield from _played(conninfo, mappings, repeat=REPEAT, seed=seed + 1)
        forget_counters(conninfo)
        rate = tasks(before_run) / min(before_run.seconds, _AGAIN_SECONDS)
        after_run = yield from _played(conninfo, mappings, repeat=REPEAT, seed=seed, rate=rate)
        yield Progress("measuring", note=_note(started, f"measured the same workload again, {_p95(after_run)}"))
        _, after = yield from _examined(conninfo)
        on_examined(after)
        yield Progress("examining", note=_note(started, f"examined again: grade {after.grade.letter}"))

        postmaster = None
        if keep:
            postmaster = int((instance.data_directory / "postmaster.pid").read_text().splitlines()[0])
            instance.detach()
            stack.pop_all()
        elif lasting is not None:
            lasting.push(stack.pop_all())
        proof = compare(before_run, after_run)
        return Demonstration(
            scale=scale,
            seed=seed,
            seconds=monotonic() - started,
            before=before,
            course=course,
            treatment=treatment,
            after=after,
            proof=proof,
            goals=goals(before, after, proof),
            ledger=ledger_of(
                booked(proof, course.prescriptions, database=DATABASE, server_version=before.server.version)
            ),
            notes=(_SAME_WINDOW, _SAME_WORK, pace(before_run, after_run, busiest)),
            conninfo=for_people(conninfo) if keep else "",
            postmaster=postmaster,
        )


@contextmanager
def sampling(conninfo: str) -> Iterator[list[SeenStatement | Omission]]:
    """Meanwhile watch what runs, as ``prescribe --sample`` does; the list is filled at the end.

    The application is played by pgclinic itself here, whose statements are left out elsewhere.
    """
    found: list[SeenStatement | Omission] = []
    over = Event()
    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(drive, sampled(conninfo, _LONGEST_SECONDS, is_over=over.is_set))
        try:
            yield found
        finally:
            over.set()
    found.extend(
        msgspec.structs.replace(each, application="") if isinstance(each, SeenStatement) else each
        for each in watching.result()
    )


def _note(started: float, what: str) -> str:
    return f"{monotonic() - started:5.0f} s  {what}"


def _p95(run: Run) -> str:
    return f"P95 {run.overall.p95_ms:,.1f} ms" if run.overall.p95_ms is not None else f"{run.seconds:.0f} s"


def create_database(conninfo: str) -> str:
    """Make the demo's database, which counts its statements; how to connect to it."""
    with open_session(conninfo, read_only=False, statement_timeout_ms=0, lock_timeout_ms=0) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
    own = make_conninfo(conninfo, dbname=DATABASE)
    with open_session(own, read_only=False) as connection:
        connection.execute("create extension pg_stat_statements")
    return own


def forget_counters(conninfo: str) -> None:
    """Begin a new window for all statistics, with the tables analysed."""
    # Without a lock timeout: autovacuum steps aside for ANALYZE, but only after a second (deadlock_timeout).
    with open_session(conninfo, read_only=False, statement_timeout_ms=0, lock_timeout_ms=0) as connection:
        connection.execute("select pg_catalog.pg_stat_reset()")
        connection.execute("select pg_stat_statements_reset()")
        connection.execute("analyze")


def _played(
    conninfo: str, mappings: tuple[StatementMapping, ...] = (), *, repeat: int, seed: int, rate: float | None = None
) -> Generator[Progress, None, Run]:
    """So much of the workload."""
    load = Load(repeat=repeat, connections=CONNECTIONS, seed=seed, include_writes=True, rate=rate)
    return prove(conninfo, demo_script(), load, mappings=mappings)


def _examined(conninfo: str) -> Generator[Progress, None, tuple[Snapshot, Checkup]]:
    seen = yield from snapshot(conninfo)
    return seen, (yield from checkup(seen))
