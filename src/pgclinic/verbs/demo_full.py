"""The reference application under load: as it was neglected, and as it is once the clinic's course was followed.

The workload that is prescribed for is the application's own, seen while its neglected capacity was measured.
"""

import os
import secrets
from collections.abc import Generator
from contextlib import ExitStack
from math import ceil
from time import monotonic, sleep

import msgspec

from pgclinic.demo.every_minute import every_minute, once
from pgclinic.demo.followed import followed, timers
from pgclinic.instance import Instance, binaries_for
from pgclinic.model.capacity import Capacity, CapacityTable
from pgclinic.model.errors import UserError
from pgclinic.model.prescription import Course
from pgclinic.model.progress import Progress
from pgclinic.stack import start_pooler, start_primary, start_redis, start_replica
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.demo import DATABASE, MAJOR, SETTINGS, create_database, forget_counters, sampling
from pgclinic.verbs.demo_load import load
from pgclinic.verbs.measuring_capacity import PAGE, Rest, Trial, Way, answers_compared, at_rest, capacity
from pgclinic.verbs.prescribe import prescribe
from pgclinic.verbs.private import death_in_words
from pgclinic.verbs.snapshot import snapshot
from pgclinic.verbs.treat import treat

GOAL = 40.0
"""Times more users at the same P95."""
BETWEEN_SECONDS = 10.0
"""How long a user looks at an answer, on average, before asking the next thing."""
PRICE = 0.05
"""Dollars that an hour of one core is assumed to cost."""

NEGLECTED, TREATED, CURED = "as it was", "database treated", "with the runtime"
_PRIMARY, _REPLICA, _POOLER, _REDIS = "PostgreSQL primary", "PostgreSQL replica", "PgBouncer", "Redis"
_LIMIT_TIMES = 1.5
"""Of the neglected page at rest: every page may wait half as long again for others."""
_LIMIT_STEP_MS = 100
_START_RATE, _TREATED_TIMES, _CURED_TIMES = 4.0, 4.0, 32.0
"""Where the searches begin: a rate, and so many times the highest of the neglected way; it is found from anywhere."""

_SAME_MACHINE = (
    "Application, load, database, replica, pooler and cache share this machine's cores, so the load's own work is "
    "part of every figure; on machines of their own each way would bear more."
)
_OPEN_LOOP = (
    "Requests begin at moments fixed in advance, whatever becomes of the others; latency counts from that moment, and "
    "a request that fails or is not answered counts as endless."
)
_KEPT_SECONDS = 6.0
"""Longer than anything is kept in Redis: what answers are compared by is of after the last write."""
_KEPT_A_WHILE = (
    "With the runtime, figures, events, escalated calls and a day's appointments may be five seconds old, the newest "
    "calls and the leads of a status one second; all else is exact, and nobody misses their own write."
)
_ASSUMED_PRICE = f"Cost is estimated: the servers' measured processor time, at an assumed {PRICE:.2f} $ an hour a core."


def demo_full(trial: Trial, *, scale: str = "medium") -> Generator[Progress, None, CapacityTable]:
    """Measure the application of the trial three ways. All servers and files are gone afterwards.

    Raises UserError where a part is missing or does not start.
    """
    if not (trial.folder / "src" / "drain_fortin").is_dir():
        raise UserError(
            f"There is no application in {trial.folder}; give the folder examples/drain_fortin of the sources."
        )
    started = monotonic()
    with death_in_words("The demo's server"), ExitStack() as parts:
        yield Progress("starting a PostgreSQL server")
        primary = parts.enter_context(start_primary(binaries_for(MAJOR), SETTINGS))
        conninfo = create_database(primary.conninfo())
        loaded = yield from load(conninfo, scale=scale, seed=trial.seed)
        yield Progress("loading", note=f"loaded {loaded.calls:,} calls, {loaded.bytes >> 20:,} MB")

        neglected_way = _neglected(NEGLECTED, primary, conninfo, start_rate=_START_RATE)
        rest = yield from at_rest(trial, neglected_way)
        limit_ms = _limit_of(rest)
        forget_counters(conninfo)
        with sampling(conninfo) as sample:
            neglected = yield from capacity(trial, neglected_way, rest, limit_ms=limit_ms)
        highest = neglected.compared.rate
        yield Progress("measuring", note=_borne(neglected))

        seen = yield from snapshot(conninfo)
        before = yield from checkup(seen)
        course = yield from prescribe(seen, seen=sample)
        yield Progress("prescribing", note=f"grade {before.grade.letter}; {len(course.prescriptions)} prescriptions")
        yield from treat(conninfo, course, journals=primary.socket_directory)
        parts.enter_context(every_minute(conninfo, timers(course)))

        treated_way = _neglected(TREATED, primary, conninfo, start_rate=highest * _TREATED_TIMES)
        rest = yield from at_rest(trial, treated_way)
        treated = yield from capacity(trial, treated_way, rest, limit_ms=limit_ms, compared_rate=highest)
        yield Progress("measuring", note=_borne(treated))

        yield Progress("starting PgBouncer, a replica and Redis")
        cured_way = _cured(parts, primary, conninfo, trial, course, start_rate=highest * _CURED_TIMES)
        rest = yield from at_rest(trial, cured_way)
        cured = yield from capacity(trial, cured_way, rest, limit_ms=limit_ms, compared_rate=highest)
        yield Progress("measuring", note=_borne(cured))
        yield Progress("comparing answers")
        once(conninfo, timers(course))
        sleep(_KEPT_SECONDS)
        answers, different = answers_compared(trial, treated_way, cured_way)
        after = yield from checkup((yield from snapshot(conninfo)))

        return CapacityTable(
            scale=scale,
            seed=trial.seed,
            calls=loaded.calls,
            cores=os.cpu_count() or 1,
            seconds=monotonic() - started,
            limit_ms=limit_ms,
            between_seconds=BETWEEN_SECONDS,
            goal=GOAL,
            price=PRICE,
            page=PAGE,
            sides=(neglected, treated, cured),
            prescriptions=len(course.prescriptions),
            grade_before=before.grade.letter,
            grade_after=after.grade.letter,
            answers=answers,
            different=different,
            notes=(_OPEN_LOOP, _SAME_MACHINE, _KEPT_A_WHILE, _ASSUMED_PRICE),
        )


def _neglected(name: str, primary: Instance, conninfo: str, *, start_rate: float) -> Way:
    settings = {"desk": "neglected", "database": conninfo, "webhook_secret": secrets.token_urlsafe()}
    return Way(
        name=name,
        settings=settings,
        servers=(conninfo,),
        processes={_PRIMARY: _pid(primary)},
        start_rate=start_rate,
    )


def _cured(
    parts: ExitStack, primary: Instance, conninfo: str, trial: Trial, course: Course, *, start_rate: float
) -> Way:
    """The application with the runtime on all its parts, which end with ``parts``."""
    replica = parts.enter_context(start_replica(primary, SETTINGS))
    pooler = parts.enter_context(start_pooler(primary))
    redis = parts.enter_context(start_redis())
    statements = primary.socket_directory / "followed.json"
    statements.write_bytes(msgspec.json.encode(followed(trial.folder / "src/drain_fortin/statements", course)))
    settings = {
        "desk": "cured",
        "database": conninfo,
        "pooler": pooler.conninfo(DATABASE),
        "replica": replica.conninfo(DATABASE),
        "redis": redis.url,
        "statements": str(statements),
        "webhook_secret": secrets.token_urlsafe(),
        "cookie_key": secrets.token_urlsafe(),
    }
    processes = {
        _PRIMARY: _pid(primary),
        _REPLICA: _pid(replica.server),
        _POOLER: pooler.process.launched_pid or 0,
        _REDIS: redis.process.launched_pid or 0,
    }
    return Way(
        name=CURED,
        settings=settings,
        servers=(conninfo, replica.conninfo(DATABASE)),
        processes=processes,
        start_rate=start_rate,
    )


def _pid(server: Instance) -> int:
    return server.process.launched_pid or 0


def _limit_of(rest: Rest) -> float:
    page_ms = next(each.p50_ms for each in rest.requests if each.name == PAGE)
    return ceil(_LIMIT_TIMES * (page_ms or 0.0) / _LIMIT_STEP_MS) * _LIMIT_STEP_MS


def _borne(side: Capacity) -> str:
    if side.highest is None:
        return f"{side.name}: no rate that was tried kept the limit"
    return f"{side.name}: {side.highest.rate * BETWEEN_SECONDS:,.0f} users, P95 {side.highest.p95_ms:,.0f} ms"
