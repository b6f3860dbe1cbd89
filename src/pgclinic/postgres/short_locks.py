"""Statements in one transaction, however heavy their locks, that keep nobody waiting for long.

A lock is asked for with a short timeout, because everybody who comes later stands behind it in the queue. While a
statement runs another session looks whether anyone waits for it; who has waited for half of what is allowed is let
through: the transaction is given up, and tried again after a pause.
"""

import time
from collections.abc import Callable, Generator, Sequence

import msgspec
import psycopg

from pgclinic.model.prescription import Statement
from pgclinic.model.progress import Progress
from pgclinic.postgres.sending import GaveWayError, Patience, SentStatement, WaitedTooLongError
from pgclinic.postgres.waits import Waits

PAUSES = (0.2, 0.5, 1, 2, 4, 8, 15, 30)
"""Seconds between attempts to get a heavy lock: the queue behind it can clear."""

_POLL_SECONDS = 0.02
_PAUSE_SECONDS = 0.05
_MOST_HOLDS = 5
"""How often a transaction may turn out to hold its locks for too long, before it is clear that it always will."""


class Script(msgspec.Struct, frozen=True):
    """One transaction: its statements, what the journal is told in it, and what it is called."""

    statements: Sequence[Statement]
    record: Callable[[int], str]
    """What the journal is told, by how many rows the last statement handled."""
    step: str

    @property
    def locks(self) -> str:
        """The locks that it needs, in words."""
        named = ", ".join(dict.fromkeys(each.lock for each in self.statements if each.lock))
        return named or "of the table"


def run_shortly(
    worker: psycopg.Connection, observer: psycopg.Connection, script: Script, patience: Patience, waits: Waits
) -> Generator[Progress, None, int]:
    """Run the transaction, again and again until it gets through; how many rows its last statement handled.

    Raises psycopg.Error, or WaitedTooLongError when the patience runs out or it would keep others waiting each time.
    """
    deadline = time.monotonic() + patience.locks_s
    holds = 0
    for attempt in range(1, 1000):
        yield Progress(script.step if attempt == 1 else f"{script.step}: attempt {attempt} to get its lock")
        try:
            return (yield from _attempt(worker, observer, script, patience, waits))
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected, GaveWayError) as error:
            holds += isinstance(error, GaveWayError)
            pause = PAUSES[min(attempt, len(PAUSES)) - 1]
            if holds >= _MOST_HOLDS:
                raise WaitedTooLongError(
                    f"it would keep other sessions waiting for longer than {patience.max_wait_ms} ms "
                    f"(lock {script.locks}), in {holds} attempts; run it at a quieter time or with a longer --max-wait"
                ) from error
            if time.monotonic() + pause > deadline:
                raise WaitedTooLongError(
                    f"could not get the lock that it needs ({script.locks}) in {attempt} attempts over "
                    f"{patience.locks_s:g} s"
                ) from error
            yield from resting(script.step, pause)
    raise AssertionError("the deadline comes first")


def _attempt(
    worker: psycopg.Connection, observer: psycopg.Connection, script: Script, patience: Patience, waits: Waits
) -> Generator[Progress, None, int]:
    rows = 0
    try:
        _run(
            worker,
            f"begin; set local lock_timeout = {patience.queue_ms};"
            f" set local idle_in_transaction_session_timeout = {patience.max_wait_ms}",
        )
        for statement in script.statements:
            sent = SentStatement(worker, statement.sql)
            yield from _watched(sent, worker, observer, script.step, patience, waits)
            rows = sent.rows
        _run(worker, script.record(rows))
        _run(worker, "commit")
    except BaseException:
        if not worker.closed:
            _roll_back(worker)
        raise
    finally:
        waits.released()
    return rows


def _watched(
    sent: SentStatement,
    worker: psycopg.Connection,
    observer: psycopg.Connection,
    step: str,
    patience: Patience,
    waits: Waits,
) -> Generator[Progress, None, None]:
    try:
        while not sent.is_over(within=_POLL_SECONDS):
            if waits.seen(observer, worker.info.backend_pid) > patience.queue_ms:
                raise GaveWayError
            yield Progress(step)
    finally:
        sent.cancel()
    sent.raise_error()


def resting(step: str, seconds: float) -> Generator[Progress, None, None]:
    """A pause, in which whatever runs by turns with this gets its turns."""
    ends_at = time.monotonic() + seconds
    while (left := ends_at - time.monotonic()) > 0:
        yield Progress(step)
        time.sleep(min(left, _PAUSE_SECONDS))


def _run(worker: psycopg.Connection, sql: str) -> None:
    sent = SentStatement(worker, sql)
    try:
        while not sent.is_over(within=1):
            pass
    finally:
        sent.cancel()
    sent.raise_error()


def _roll_back(worker: psycopg.Connection) -> None:
    try:
        _run(worker, "rollback")
    except psycopg.Error:
        worker.close()
