"""Run a workload against a server and measure it, one statement at a time on each connection.

Closed loop: each connection asks as soon as it has its answer. Open loop: tasks are due at fixed moments, whether the
server keeps up or not, and their time begins then; otherwise a stall would be measured once and hide all who waited
behind it (coordinated omission).
"""

import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Self

import msgspec
import psycopg

from pgclinic.model.errors import UserError
from pgclinic.model.prescription import StatementMapping
from pgclinic.model.progress import Progress
from pgclinic.model.proof import Latencies, Run
from pgclinic.model.workload import Load, Step, Task, WorkloadScript
from pgclinic.postgres.connect import is_pooled, open_session
from pgclinic.postgres.crew import Crew
from pgclinic.postgres.parameters import array_types, draw
from pgclinic.postgres.player import Player, Score
from pgclinic.postgres.schedule import Schedule, portion, turns_of
from pgclinic.workload.latencies import Samples, summary

_MOST_NAMES = 3
_GRACE_SECONDS = 2.0
_WARM_UP_MS = 100
"""How long a statement may take to warm up a session: what takes longer gains nothing by it."""
_SWITCH_SECONDS = 0.0005
"""A thread that waits for Python's lock gives the other 5 ms by default: more than a fast statement takes."""


def measure(
    conninfo: str, script: WorkloadScript, load: Load, *, mappings: Sequence[StatementMapping] = ()
) -> Generator[Progress, None, Run]:
    """One measured run, with the statements that ``mappings`` replace run in their new form.

    Reads run in READ ONLY transactions. Raises UserError when the amounts make no sense, a statement or its parameters
    fail, or the server goes away.
    """
    tasks, left_out = _chosen(script, load)
    with _loss_in_words(), _Side(conninfo, load, mappings) as side:
        yield Progress(step="draw parameters", note=left_out)
        tasks = yield from _ready(script, tasks, (side,))
        yield from side.open(tasks)
        yield from side.play(Schedule(turns_of(tasks, load.repeat, load.seed), rate=load.rate, seconds=load.seconds))
        return side.run(script.source)


def measure_both(
    first: str,
    second: str,
    script: WorkloadScript,
    load: Load,
    *,
    rounds: int = 4,
    mappings: Sequence[StatementMapping] = (),
) -> Generator[Progress, None, tuple[Run, Run]]:
    """Two databases measured in turns, so that whatever else the machine does hits both alike.

    In each of ``rounds`` both run an equal share: first, second, then second, first, and so on (ABBA), so that a drift
    favours neither. The load is for each side in all; ``mappings`` are applied to the second only. Tasks that fail on
    either side are left out on both. All else is as in ``measure``.
    """
    tasks, left_out = _chosen(script, load)
    if rounds < 1:
        raise UserError("Two databases are measured in one round at least.")
    with (
        _loss_in_words(),
        _Side(first, load, (), "first") as one,
        _Side(second, load, mappings, "second") as other,
    ):
        sides = (one, other)
        yield Progress(step="draw parameters", note=left_out)
        tasks = yield from _ready(script, tasks, sides)
        for side in sides:
            yield from side.open(tasks)
        turns = {side: turns_of(tasks, load.repeat, load.seed) for side in sides}
        share = None if load.seconds is None else load.seconds / rounds
        for number in range(rounds):
            for side in sides if number % 2 == 0 else sides[::-1]:
                part = portion(turns[side], number, rounds)
                yield from side.play(Schedule(part, rate=load.rate, seconds=share))
        return one.run(script.source), other.run(script.source)


@contextmanager
def _loss_in_words() -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        raise UserError(f"The measurement stopped: {str(error).strip().splitlines()[0]}.") from error


def _chosen(script: WorkloadScript, load: Load) -> tuple[tuple[Task, ...], str]:
    """The tasks to be played, and a note that names those that are not. Raises UserError when nothing can be."""
    tasks = tuple(task for task in script.tasks if load.include_writes or not any(step.writes for step in task.steps))
    if not tasks:
        raise UserError(f"Every task of {script.source} writes, and writing was not asked for (--include-writes).")
    if load.seconds is None and load.repeat is None:
        raise UserError("Say how long to measure: a number of seconds, or how often each task is repeated.")
    amounts = (load.seconds, load.repeat, load.connections, load.rate)
    if any(amount is not None and amount <= 0 for amount in amounts):
        raise UserError("Seconds, repeats, connections and the rate must be above zero.")
    names = [task.name for task in script.tasks if task not in tasks]
    return tasks, _left_out(names) if names else ""


def _ready(
    script: WorkloadScript, tasks: tuple[Task, ...], sides: "Sequence[_Side]"
) -> "Generator[Progress, None, tuple[Task, ...]]":
    """Draw parameters and warm up on each side; the tasks that run on all of them."""
    failing: dict[str, str] = {}
    for side in sides:
        failing |= yield from side.prepare(tasks)
    if failing:
        tasks = tuple(task for task in tasks if not any(step.name in failing for step in task.steps))
        yield Progress("warm up", note=_failing(failing))
    if not tasks:
        raise UserError(f"Every statement of {script.source} fails: {next(iter(failing.values()))}.")
    return tasks


class _Side:
    """One database being measured. Its sessions stay open between ``play`` and ``play``. Use as a context manager."""

    def __init__(self, conninfo: str, load: Load, mappings: Sequence[StatementMapping], name: str = "") -> None:
        timeout_ms = load.statement_timeout_ms
        connect = partial(open_session, conninfo, read_only=False, statement_timeout_ms=timeout_ms)
        self._connect: Callable[[], psycopg.Connection] = partial(connect, lock_timeout_ms=timeout_ms)
        self._load = load
        self._mappings = mappings
        self._of = f" of the {name} database" if name else ""
        self._sessions = ExitStack()
        self._crew = Crew(self._connect, workers=load.connections)
        self._players: list[Player] = []
        self._schedules: list[Schedule] = []
        self._waited: list[Samples] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sessions.close()

    def prepare(self, tasks: Sequence[Task]) -> Generator[Progress, None, dict[str, str]]:
        """Draw parameters and run each statement once; why statements failed, by name, where they may."""
        self._tasks = tasks
        with self._connect() as connection:
            leave_out_of_statistics(connection)
            self._score = _score(connection, tasks, self._mappings, self._load)
            clock = connection.execute("select pg_catalog.now()::text").fetchone()
            assert clock is not None
            self._started_at = str(clock[0])
        self._blocks, failing = yield from _warm_up(self._connect, self._score, tasks, self._load)
        return failing

    def open(self, tasks: Sequence[Task]) -> Generator[Progress, None, None]:
        """Open the sessions, and let each do a little of everything before the clock starts."""
        steps = tuple(_steps(tasks))

        def job(number: int) -> None:
            connection = self._sessions.enter_context(self._crew.session())
            player = Player(connection, self._score, self._is_over)
            with _uncounted(connection):
                player.warm_up(steps, number, most_ms=min(_WARM_UP_MS, self._load.statement_timeout_ms))
            self._players.append(player)

        jobs = [partial(job, number) for number in range(self._load.connections)]
        yield from self._crew.share(
            jobs, lambda: Progress(step=f"warm up sessions{self._of}", done=len(self._players), total=len(jobs))
        )

    def play(self, schedule: Schedule) -> Generator[Progress, None, None]:
        """Play what the schedule hands out."""
        self._schedules.append(schedule)
        jobs = [partial(self._job, player, schedule) for player in self._players]
        with _quick_switching():
            try:
                yield from self._crew.share(jobs, partial(self._state, schedule))
            finally:
                schedule.stop()
        self._waited += schedule.not_begun()
        for done, player in enumerate(self._players):
            yield Progress(step=f"compare what was returned{self._of}", done=done, total=len(self._players))
            player.finish()

    def run(self, source: str) -> Run:
        """What was measured so far."""
        everything = [samples for player in self._players for samples in player.statements.values()]
        of_tasks = [samples for player in self._players for samples in player.tasks.values()]
        return Run(
            source=source,
            started_at=self._started_at,
            seconds=sum(schedule.elapsed for schedule in self._schedules),
            connections=self._load.connections,
            seed=self._load.seed,
            statements=_statements(everything, self._blocks, self._tasks),
            tasks=_summaries([*self._waited, *of_tasks], {}),
            overall=msgspec.structs.replace(summary("all statements", everything), result_hash=""),
            rate=self._load.rate,
            not_begun=sum(samples.errors for samples in self._waited),
        )

    def _job(self, player: Player, schedule: Schedule) -> None:
        while not self._crew.is_stopped and (drawn := schedule.next()) is not None:
            (task, turn), late = drawn
            player.play(task, turn, late_ms=1000 * late)
            schedule.ended()

    def _is_over(self) -> bool:
        return self._crew.is_stopped or self._schedules[-1].is_over(grace=_GRACE_SECONDS)

    def _state(self, schedule: Schedule) -> Progress:
        step = f"run the workload{self._of}"
        if schedule.is_over(grace=_GRACE_SECONDS):
            self._crew.cancel()
        if schedule.total is not None:
            return Progress(step=step, done=schedule.handed_out, total=schedule.total)
        return Progress(step=step, done=int(schedule.elapsed), total=schedule.seconds)


def _left_out(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES} more" if names[_MOST_NAMES:] else "")
    return f"not run, because it writes: {shown} (--include-writes runs it and rolls it back)"


def _failing(reasons: Mapping[str, str]) -> str:
    shown = "; ".join(dict.fromkeys(list(reasons.values())[:_MOST_NAMES]))
    return f"{len(reasons)} statements fail and are left out: {shown}"


def leave_out_of_statistics(connection: psycopg.Connection) -> None:
    """Keep what this session does out of pg_stat_statements, where the role may."""
    if is_pooled(connection):
        return  # the setting would stay with a session that others use next
    with suppress(psycopg.errors.InsufficientPrivilege):
        connection.execute("set pg_stat_statements.track = 'none'")


@contextmanager
def _uncounted(connection: psycopg.Connection) -> Iterator[None]:
    """Keep what a session does meanwhile out of pg_stat_statements, where the role may."""
    leave_out_of_statistics(connection)
    yield
    if not is_pooled(connection):
        with suppress(psycopg.errors.InsufficientPrivilege):
            connection.execute("reset pg_stat_statements.track")


def _score(
    connection: psycopg.Connection, tasks: Sequence[Task], mappings: Sequence[StatementMapping], load: Load
) -> Score:
    parameters = {step.name: draw(connection, step, load.seed) for step in _steps(tasks)}
    return Score(
        parameters,
        {mapping.original: mapping for mapping in mappings},
        array_types(connection, parameters.values()),
        load.statement_timeout_ms,
    )


def _steps(tasks: Sequence[Task]) -> Iterator[Step]:
    """Each statement once."""
    return iter({step.name: step for task in tasks for step in task.steps}.values())


def _warm_up(
    connect: Callable[[], psycopg.Connection], score: Score, tasks: Sequence[Task], load: Load
) -> Generator[Progress, None, tuple[dict[str, tuple[int, int]], dict[str, str]]]:
    """Run each statement once, untimed; what blocks it touched, and why it failed where it may."""
    waiting = list(_steps(tasks))
    total = len(waiting)
    blocks: dict[str, tuple[int, int]] = {}
    failing: dict[str, str] = {}
    crew = Crew(connect, workers=load.connections)

    def job(step: Step) -> None:
        with crew.session() as connection:
            leave_out_of_statistics(connection)
            try:
                touched = _explained(Player(connection, score), step)
            except _FailingStatementError as error:
                if not load.leave_out_failing:
                    raise UserError(f"The statement {step.name!r} of the workload fails: {error}.") from error
                failing[step.name] = str(error)
                touched = None
        waiting.pop()
        if touched is not None:
            blocks[step.name] = touched

    jobs = [partial(job, step) for step in tuple(waiting)]
    yield from crew.share(jobs, lambda: Progress(step="warm up", done=total - len(waiting), total=total))
    return blocks, failing


class _FailingStatementError(Exception):
    """The server refused a statement; the message says why."""


def _explained(player: Player, step: Step) -> tuple[int, int] | None:
    try:
        return player.explain(step)
    except psycopg.errors.QueryCanceled:
        return None
    except psycopg.DatabaseError as error:
        if isinstance(error, psycopg.OperationalError):
            raise
        raise _FailingStatementError(str(error.diag.message_primary or error)) from error


@contextmanager
def _quick_switching() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _statements(
    found: Sequence[Samples], blocks: dict[str, tuple[int, int]], tasks: Sequence[Task]
) -> tuple[Latencies, ...]:
    fingerprints = {step.name: step.fingerprint for step in _steps(tasks)}
    return tuple(
        msgspec.structs.replace(each, fingerprint=fingerprints[each.name]) for each in _summaries(found, blocks)
    )


def _summaries(found: Sequence[Samples], blocks: dict[str, tuple[int, int]]) -> tuple[Latencies, ...]:
    parts: dict[str, list[Samples]] = {}
    for samples in found:
        parts.setdefault(samples.name, []).append(samples)
    return tuple(summary(name, parts[name], blocks=blocks.get(name)) for name in sorted(parts))
