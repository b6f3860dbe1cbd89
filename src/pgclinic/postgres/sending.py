"""One statement under way on one session while another session looks on."""

import selectors
import time
from collections.abc import Generator

import msgspec
import psycopg
from psycopg import errors, pq

from pgclinic.model.progress import Progress
from pgclinic.postgres.locks import Sight, sessions_in_words, sight_of
from pgclinic.postgres.waits import Waits

_POLL_SECONDS = 0.25
_CANCEL_SECONDS = 10
_NOTED_SECONDS = 5
"""Who is waited for is a bar for so long; then it is worth a line of its own."""
_GRACE_SECONDS = 30
"""The server's own limit on waiting comes this much later than ours: it only ends what nobody watches any more."""


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait for others, and how long to make others wait.

    ``max_wait_ms``: the longest that anybody may wait because of us. ``locks_s``: how long to wait for, or try to get,
    a lock that stops nobody meanwhile. ``transactions_s``: how long a concurrent build may wait for older transactions
    to end. ``lag_s`` and ``lag_bytes``: how far behind a replica may be for the next batch of rows to begin.
    """

    max_wait_ms: int = 500
    locks_s: float = 60
    transactions_s: float = 600
    lag_s: float = 10
    lag_bytes: int = 256 << 20

    @property
    def queue_ms(self) -> int:
        """How long a statement may stand in a lock queue, or hold a lock that somebody waits for.

        It stops everyone behind it; the other half is for noticing and for stepping back.
        """
        return max(self.max_wait_ms // 2, 1)


class WaitedTooLongError(Exception):
    """The patience ran out; the message says who was waited for."""


class GaveWayError(Exception):
    """The statement was stopped because somebody waited for it."""


class SentStatement:
    """A statement that the server is running for ``connection``, which must not be used otherwise meanwhile."""

    def __init__(self, connection: psycopg.Connection, sql: str) -> None:
        self._connection = connection
        self._is_over = False
        self._error: psycopg.Error | None = None
        self.rows = 0
        """How many rows it handled, as the server counts them."""
        connection.pgconn.send_query(sql.encode(connection.info.encoding))

    def is_over(self, *, within: float) -> bool:
        """Wait up to so many seconds for its end; whether it came. Raises psycopg.OperationalError when cut off."""
        deadline = time.monotonic() + within
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection.pgconn.socket, selectors.EVENT_READ)
            while not self._is_over:
                if not selector.select(max(deadline - time.monotonic(), 0)):
                    break
                self._receive()
        return self._is_over

    def raise_error(self) -> None:
        """Raise what the server answered, if it was an error."""
        if self._error is not None:
            raise self._error

    def cancel(self) -> None:
        """Ask the server to stop it and wait for its end; close the connection when that does not come."""
        if not self._is_over:
            try:
                self._connection.cancel_safe(timeout=_CANCEL_SECONDS)
                if self.is_over(within=_CANCEL_SECONDS):
                    return
            except psycopg.OperationalError:
                pass  # the connection is lost; closing it is all that is left
            self._connection.close()

    def _receive(self) -> None:
        server = self._connection.pgconn
        server.consume_input()
        while not server.is_busy():
            result = server.get_result()
            if result is None:
                self._is_over = True
                return
            if result.status == pq.ExecStatus.FATAL_ERROR:
                self._error = errors.error_from_result(result, encoding=self._connection.info.encoding)
            elif result.command_tuples is not None:
                self.rows = result.command_tuples


def run_watched(
    worker: psycopg.Connection,
    observer: psycopg.Connection,
    sql: str,
    *,
    step: str,
    patience: Patience,
    waits: Waits,
    others: int = 0,
) -> Generator[Progress, None, None]:
    """Run a statement that cannot be in a transaction, saying how far it is and whom it waits for.

    Between two pieces of progress it stays away for a quarter of what anybody may wait, shared with ``others`` that are
    driven by turns with it.
    Raises psycopg.Error as the server answered, WaitedTooLongError, or GaveWayError when somebody waited for it: a
    schema change that stands behind an index build stops the whole table. However it is left, nothing is under way
    on ``worker`` afterwards.
    """
    pid = worker.info.backend_pid
    limit_ms = int(1000 * (max(patience.locks_s, patience.transactions_s) + _GRACE_SECONDS))
    worker.execute("select pg_catalog.set_config('lock_timeout', %s, false)", [str(limit_ms)])
    sent = SentStatement(worker, sql)
    poll_seconds = min(_POLL_SECONDS, patience.max_wait_ms / 4000) / (1 + others)
    try:
        waiting = Waiting(patience)
        while not sent.is_over(within=poll_seconds):
            if waits.seen(observer, pid) > patience.queue_ms:
                raise GaveWayError(f"others waited for it for longer than {patience.queue_ms} ms")
            sight = sight_of(observer, pid)
            if sight is not None:
                yield waiting.note(observer, sight, step)
    finally:
        sent.cancel()
        waits.released()
    sent.raise_error()


class Waiting:
    """How long a statement has been waiting for others, by what it waits for."""

    def __init__(self, patience: Patience) -> None:
        self._limits = {"relation": patience.locks_s}
        self._other = patience.transactions_s
        self._kind = ""
        self._since = 0.0
        self._phase = ("", 0, 0.0)
        self._noted: tuple[int, ...] = ()

    def note(self, observer: psycopg.Connection, sight: Sight, step: str) -> Progress:
        """Progress for what was seen. Raises WaitedTooLongError when it has waited for the same for too long."""
        if sight.waits_for != self._kind:
            self._kind, self._since = sight.waits_for, time.monotonic()
        if not sight.waits_for:
            phase = f": {sight.phase}" if sight.phase else ""
            return Progress(
                f"{step}{phase}",
                sight.blocks_done or None,
                sight.blocks_total or None,
                seconds_left=self._seconds_left(sight),
            )
        who = sessions_in_words(observer, sight.blocking_pids)
        limit = self._limits.get(sight.waits_for, self._other)
        if time.monotonic() - self._since > limit:
            raise WaitedTooLongError(f"waited {limit:g} s for {who}")
        waited = time.monotonic() - self._since
        note = f"{step}: waiting for {who}" if waited > _NOTED_SECONDS and sight.blocking_pids != self._noted else ""
        if note:
            self._noted = sight.blocking_pids
        return Progress(f"{step}: waiting for {who}", note=note)

    def _seconds_left(self, sight: Sight) -> float | None:
        """Of this phase, as fast as it has gone so far; None before anything can be told."""
        now = time.monotonic()
        if sight.phase != self._phase[0] or sight.blocks_done < self._phase[1]:
            self._phase = (sight.phase, sight.blocks_done, now)
        _, first, began = self._phase
        done = sight.blocks_done - first
        if done <= 0 or now - began < 1:
            return None
        return (sight.blocks_total - sight.blocks_done) * (now - began) / done
