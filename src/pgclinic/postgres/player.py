"""One session of a measured run: plays tasks as an application would and keeps the time."""

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from time import perf_counter

import msgspec
import psycopg

from pgclinic.model.prescription import BY_HASH, StatementMapping
from pgclinic.model.workload import Step, Task
from pgclinic.postgres.answers import Answer, Answers
from pgclinic.postgres.connect import is_pooled
from pgclinic.postgres.parameters import Bound, ParameterRows, accept_bound_values, as_in, gathered
from pgclinic.workload.latencies import Samples

_HASHED_TURNS = 5
"""Results of a step's first so many turns are hashed; two runs from one seed use the same parameters there."""

_PREPARE_AFTER = 5
_WAITED = (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
"""Time until such an error is time that a user waited; a statement that was refused at once tells nothing."""
Request = tuple[str, tuple[Bound, ...]]


class Score(msgspec.Struct, frozen=True):
    """What all sessions play from: parameters by statement name, mappings by fingerprint, array types by oid."""

    parameters: Mapping[str, ParameterRows]
    mappings: Mapping[str, StatementMapping]
    array_of: Mapping[int, int]
    statement_timeout_ms: int

    def requests(self, step: Step, turn: int) -> Iterator[tuple[int, list[Request]]]:
        """What is sent for one turn of a step, piece by piece, with the number of original calls in each piece."""
        sent = self._sent(step, turn)
        mapping = self.mappings.get(step.fingerprint)
        calls = [as_in(mapping.sql, *request) for request in sent] if mapping else []
        if mapping is None or any(call is None for call in calls):
            yield from ((1, [request]) for request in sent)
            return
        for start in range(0, len(calls), mapping.calls):
            piece = [call for call in calls[start : start + mapping.calls] if call is not None]
            yield (
                len(piece),
                [
                    (replacement.sql, gathered(piece, replacement.parameters, self.array_of))
                    for replacement in mapping.replacements
                ],
            )

    def first(self, step: Step, turn: int) -> list[Request]:
        """What is sent for the first call of a turn alone."""
        alone = msgspec.structs.replace(step, repeat=1)
        return next((requests for _, requests in self.requests(alone, turn * step.repeat)), [])

    def is_compared(self, step: Step) -> bool:
        """Whether its rows are hashed: not those of a write, nor where a mapping returns other columns."""
        mapping = self.mappings.get(step.fingerprint)
        return not step.writes and (mapping is None or mapping.equal_results == BY_HASH)

    def _sent(self, step: Step, turn: int) -> list[Request]:
        """What the application sends in one turn, call by call."""
        if step.variants:
            return [(text, ()) for text in _variants(step, turn)]
        return [(step.sql, call) for call in self.parameters[step.name].slice(turn * step.repeat, step.repeat)]

    def key(self, step: Step, turn: int) -> str:
        """Names the parameters of one turn, so that results are only compared where these are the same."""
        digest = hashlib.blake2b(digest_size=4)
        for text in _variants(step, turn):
            digest.update(text.encode())
        for call in self.parameters[step.name].slice(turn * step.repeat, step.repeat):
            digest.update(repr([value.text for value in call]).encode())
        return digest.hexdigest()


def _variants(step: Step, turn: int) -> list[str]:
    """What one turn sends of a step that has variants."""
    first = turn * step.repeat
    return [
        step.variants[(first + number) % len(step.variants)] for number in range(step.repeat if step.variants else 0)
    ]


class Player:
    """Plays on one session until ``is_over``. ``statements`` and ``tasks`` hold what was measured, by name."""

    def __init__(
        self, connection: psycopg.Connection, score: Score, is_over: Callable[[], bool] = lambda: False
    ) -> None:
        accept_bound_values(connection)
        # As drivers do by default; a pooler in between would hand the next transaction to a server without it.
        self._is_pooled = is_pooled(connection)
        connection.prepare_threshold = None if self._is_pooled else _PREPARE_AFTER
        self._cursor = psycopg.RawCursor(connection)
        self._score = score
        self._is_over = is_over
        self._answers = Answers()
        self._late_ms = 0.0
        """How long the task's first statement had waited for this session."""
        self.statements: dict[str, Samples] = {}
        self.tasks: dict[str, Samples] = {}

    def play(self, task: Task, turn: int, *, late_ms: float = 0.0) -> None:
        """Run every step of a task once. A task's time is the sum of its statements' times, after ``late_ms``.

        Steps with the same setup share a transaction; one that writes is rolled back. A task that is cut short
        because time is over counts as an error, with the time that it had taken.
        """
        samples = self.tasks.setdefault(task.name, Samples(task.name))
        samples.calls += 1
        elapsed, self._late_ms = late_ms, late_ms
        errors = 0
        begin = "begin" if any(step.writes for step in task.steps) else "begin read only"
        for setup, steps in groupby(task.steps, key=lambda step: step.setup):
            self._begin(begin, setup)
            for step in steps:
                spent, failed = self._turn(step, turn, begin)
                elapsed += spent
                errors += failed
            # What was read is committed, for psycopg forgets its prepared statements at a rollback.
            self._control("rollback" if begin == "begin" else "commit")
        samples.errors += 1 if errors else 0
        if elapsed > late_ms:
            samples.times_ms.append(elapsed)

    def _begin(self, begin: str, setup: Sequence[str]) -> None:
        self._control(begin)
        if self._is_pooled:
            self._control(f"set local statement_timeout = {self._score.statement_timeout_ms}")
        for statement in setup:
            self._control(statement)

    def _control(self, statement: str) -> None:
        self._cursor.execute(statement.encode(), prepare=False)

    def _turn(self, step: Step, turn: int, begin: str) -> tuple[float, int]:
        """Time spent in milliseconds, and how many pieces failed."""
        samples = self.statements.setdefault(step.name, Samples(step.name))
        is_compared = turn < _HASHED_TURNS and self._score.is_compared(step)
        answer = Answer(samples, partial(self._score.key, step, turn)) if is_compared else None
        spent, failed = 0.0, 0
        for calls, requests in self._score.requests(step, turn):
            if self._is_over():
                return spent, failed + 1
            samples.calls += calls
            started, elapsed = perf_counter(), 0.0
            try:
                for sql, parameters in requests:
                    self._cursor.execute(sql.encode(), parameters)
                    elapsed = (perf_counter() - started) * 1000
                    samples.rows += max(self._cursor.rowcount, 0)
                    if answer is not None and self._cursor.pgresult is not None:
                        before = perf_counter()
                        self._answers.add(answer, self._cursor.pgresult)
                        started += perf_counter() - before
            except psycopg.Error as error:
                elapsed = (perf_counter() - started) * 1000
                samples.errors += calls
                failed += 1
                answer = None
                self._control("rollback")
                self._begin(begin, step.setup)
                if isinstance(error, _WAITED):
                    samples.times_ms.append(elapsed)
                else:
                    elapsed = 0.0
            else:
                # Each call counts with its share, so that a batch weighs in percentiles what its calls did one by one.
                samples.times_ms.extend([elapsed / calls + self._late_ms, *[elapsed / calls] * (calls - 1)])
                self._late_ms = 0.0
            spent += elapsed
        if answer is not None:
            self._answers.keep(answer)
        return spent, failed

    def finish(self) -> None:
        """Hash what was returned."""
        self._answers.finish()

    def warm_up(self, steps: Sequence[Step], turn: int, *, most_ms: int) -> None:
        """Run the first call of each step untimed, each cut short after ``most_ms``.

        The session then knows tables, functions and triggers, as one that an application keeps open does. A write
        is rolled back, and only planned where no mapping makes one call of many of it.
        """
        for step in steps:
            call = self._score.first(step, turn)
            begin = "begin" if step.writes else "begin read only"
            self._begin(begin, step.setup)
            self._control(f"set local statement_timeout = {most_ms}")
            explain = "explain " if step.writes and step.fingerprint not in self._score.mappings else ""
            try:
                for sql, parameters in call:
                    self._cursor.execute(f"{explain}{sql}".encode(), parameters)
                self._control("rollback" if step.writes else "commit")
            except psycopg.Error:
                if self._cursor.connection.broken:
                    raise
                self._control("rollback")  # what fails is told when it is measured; the end may be cut short, too

    def explain(self, step: Step) -> tuple[int, int] | None:
        """Run a step's first piece once, untimed: its shared blocks hit and read, None for one that writes.

        Raises psycopg.Error when the statement fails.
        """
        hit = read = 0
        options = "costs off" if step.writes else "analyze, buffers, timing off"
        _, requests = next(self._score.requests(step, 0))
        self._begin("begin read only", step.setup)
        with contextlib.ExitStack() as stack:
            stack.callback(self._control, "rollback")
            for sql, parameters in requests:
                self._cursor.execute(f"explain (format json, {options}) {sql}".encode(), parameters)
                if step.writes:
                    continue
                row = self._cursor.fetchone()
                assert row is not None
                plan = row[0] if isinstance(row[0], list) else json.loads(row[0])
                hit += plan[0]["Plan"]["Shared Hit Blocks"]
                read += plan[0]["Plan"]["Shared Read Blocks"]
        return None if step.writes else (hit, read)
