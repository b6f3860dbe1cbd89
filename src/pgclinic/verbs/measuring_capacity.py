"""How many users one way of running the application bears: a search by short runs, each counted from its beginning."""

import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from math import ceil, inf
from pathlib import Path

import msgspec

from pgclinic.demo.application import ActionTimes, Application, LoadOutcome
from pgclinic.demo.capacity_search import rates
from pgclinic.demo.processor_time import seconds_of
from pgclinic.model.capacity import Capacity, LoadStep, Processor, RequestTimes
from pgclinic.model.errors import UserError
from pgclinic.model.progress import Progress
from pgclinic.postgres.connect import open_session
from pgclinic.workload.latencies import percentile

PAGE = "dashboard page"
IMPORT = "import of 1,000 calls"
APPLICATION = "application"
LOAD = "the load itself"

_PAGES, _IMPORTS, _ANSWERS = 10, 3, 10
_MOST_FAILED = 0.01
_PATIENCE_LIMITS = 3
"""What is not answered within so many times the limit after the last arrival has failed."""
_STEP_LIMITS = 4
_SETTLE_SECONDS = 60
_STATEMENTS = "select coalesce(sum(calls), 0)::bigint from pg_stat_statements"
_END = """
select count(pg_catalog.pg_terminate_backend(pid)) from pg_catalog.pg_stat_activity
where datname = pg_catalog.current_database() and application_name = 'drain_fortin'
"""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way of running the application, with these ``settings`` of it.

    ``servers`` count its statements (how to connect, the primary first), ``processes`` run beside it, by name.
    """

    name: str
    settings: Mapping[str, str]
    servers: tuple[str, ...]
    processes: Mapping[str, int]
    start_rate: float


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What every way is measured with: the application's ``folder``, the length of a run, the seed of its arrivals.

    ``workers`` are the application's processes; a run has at least ``least_requests``, the search ``most_runs``.
    """

    folder: Path
    step_seconds: float
    seed: int
    workers: int = 1
    least_requests: int = 80
    most_runs: int = 20


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """What one way takes when nothing else is asked: the page and the import, and the statements of one page."""

    requests: tuple[RequestTimes, ...]
    statements_per_page: float


def at_rest(trial: Trial, way: Way) -> Generator[Progress, None, Rest]:
    """Measure the page and the import while nothing else is asked."""
    with _application(trial, way) as service:
        yield Progress(f"{way.name}: the page by itself")
        service.one_by_one(PAGE, 2, seed=trial.seed)  # what is read for the first time comes from disk
        before = _statements(way.servers)
        pages = service.one_by_one(PAGE, _PAGES, seed=trial.seed)
        statements = (_statements(way.servers) - before) / _PAGES
        yield Progress(f"{way.name}: imports by themselves")
        imports = service.one_by_one(IMPORT, _IMPORTS, seed=trial.seed)
        return Rest(requests=(_times(PAGE, pages), _times(IMPORT, imports)), statements_per_page=statements)


def capacity(
    trial: Trial, way: Way, rest: Rest, *, limit_ms: float, compared_rate: float | None = None
) -> Generator[Progress, None, Capacity]:
    """Search the highest rate at which the P95 of all requests stays within the limit.

    ``compared_rate`` is also measured, where it is given; else the highest that held. Raises UserError where no rate
    does.
    """
    steps: list[LoadStep] = []
    search = rates(way.start_rate)
    rate = next(search)
    while len(steps) < trial.most_runs:
        yield Progress(f"{way.name}: {rate:.3g} requests a second")
        step = _step(trial, way, rate, limit_ms)
        steps.append(step)
        yield Progress(f"{way.name}", note=_told(way, step))
        try:
            rate = search.send(step.is_held)
        except StopIteration:
            break
    compared = max((step for step in steps if step.is_held), key=lambda step: step.rate, default=None)
    if compared_rate is not None:
        yield Progress(f"{way.name}: {compared_rate:.3g} requests a second")
        compared = _step(trial, way, compared_rate, limit_ms)
    if compared is None:
        raise UserError(f"No rate holds a P95 of {limit_ms:,.0f} ms ({way.name}); this machine is too busy to measure.")
    return Capacity(
        name=way.name,
        parts=tuple(way.processes),
        at_rest=rest.requests,
        steps=tuple(steps),
        compared=compared,
        statements_per_page=rest.statements_per_page,
    )


def answers_compared(trial: Trial, first: Way, second: Way) -> tuple[int, tuple[str, ...]]:
    """How many questions both ways were asked on the same rows, and those that they answered differently.

    The application's clock stands still meanwhile, for some answers depend on the minute.
    """
    now = {"now": datetime.now(UTC).isoformat()}
    found = []
    for way in (first, second):
        with Application(trial.folder, {**way.settings, **now}) as service:
            found.append(service.answers(_ANSWERS, seed=trial.seed))
    one, other = found
    return len(one), tuple(sorted(question for question in one if one[question] != other.get(question)))


def _application(trial: Trial, way: Way) -> Application:
    return Application(trial.folder, way.settings, workers=trial.workers)


def _step(trial: Trial, way: Way, rate: float, limit_ms: float) -> LoadStep:
    """One run on an application that has just been started, so that nothing is left of the run before."""
    # Long enough that a queue which grows without end is seen to grow past the limit.
    seconds = max(trial.step_seconds, _STEP_LIMITS * limit_ms / 1000, trial.least_requests / rate)
    with _application(trial, way) as service:
        service.one_by_one(PAGE, 1, seed=trial.seed)
        processes = {**way.processes, APPLICATION: service.pid}
        before = seconds_of(processes)
        outcome = service.crowd(rate, seconds, patience=_PATIENCE_LIMITS * limit_ms / 1000, seed=trial.seed)
        after = seconds_of(processes)
    _end_leftovers(way.servers)
    requests = tuple(_times(name, times) for name, times in outcome.actions.items())
    count = max(1, sum(each.calls for each in requests))
    p95 = _p95(outcome)
    failed = sum(each.failed for each in requests)
    return LoadStep(
        rate=rate,
        seconds=outcome.seconds,
        p95_ms=p95,
        is_held=p95 is not None and p95 <= limit_ms and failed <= _MOST_FAILED * count,
        failures=tuple(
            f"{name}: {why}, {times}"
            for name, found in outcome.actions.items()
            for why, times in found.failures.items()
        ),
        late_ms=outcome.late_ms,
        requests=requests,
        processors=(
            *(
                Processor(
                    part=name,
                    ms_per_request=1000 * (after[name] - before[name]) / count,
                    is_server=name != APPLICATION,
                )
                for name in before
            ),
            Processor(part=LOAD, ms_per_request=1000 * outcome.processor_seconds / count, is_server=False),
        ),
    )


def _p95(outcome: LoadOutcome) -> float | None:
    """Of all requests together; a failed one took for ever."""
    ordered = sorted(time for times in outcome.actions.values() for time in times.times_ms)
    ordered += [inf] * sum(times.failed for times in outcome.actions.values())
    found = ordered[ceil(len(ordered) * 0.95) - 1] if ordered else inf
    return None if found == inf else found


def _times(name: str, times: ActionTimes) -> RequestTimes:
    ordered = sorted(times.times_ms)
    # The median of the few slow ones is worth more than none; a P95 is not.
    return RequestTimes(
        name=name,
        calls=len(ordered) + times.failed,
        failed=times.failed,
        p50_ms=ordered[(len(ordered) - 1) // 2] if ordered else None,
        p95_ms=percentile(ordered, 95),
    )


def _statements(servers: Iterable[str]) -> int:
    """How many statements the servers have counted by now, without this question."""
    return sum(_asked(server, _STATEMENTS) for server in servers)


def _end_leftovers(servers: Sequence[str]) -> None:
    """End what runs on for an application that is gone, as a neglected server lets it."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while time.monotonic() < deadline and any(_asked(server, _END) for server in servers):
        time.sleep(0.2)


def _asked(server: str, question: str) -> int:
    with open_session(server) as connection:
        connection.execute("set pg_stat_statements.track = 'none'")
        row = connection.execute(question.encode()).fetchone()
        assert row is not None
        return int(row[0])


def _told(way: Way, step: LoadStep) -> str:
    p95 = "endless" if step.p95_ms is None else f"{step.p95_ms:,.0f} ms"
    told = f"{way.name}: {step.rate:.3g}/s, P95 {p95}, {'holds' if step.is_held else 'does not hold'}"
    return "; ".join((told, *step.failures))
