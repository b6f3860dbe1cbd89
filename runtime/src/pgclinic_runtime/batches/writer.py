"""The writer for threads: rows in, a thread of its own groups and writes them."""

import atexit
import contextlib
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg.abc import AdaptContext

from pgclinic_runtime.batches.blocks import Block, joined
from pgclinic_runtime.batches.errors import CommitLostError, GroupFailedError, Refusal, passes, tell
from pgclinic_runtime.batches.exactly_once import write_once
from pgclinic_runtime.batches.intake import Batch, Intake, Part, encoded, join, pieces
from pgclinic_runtime.batches.ledger import Ledger
from pgclinic_runtime.batches.retrying import Outage, Retries
from pgclinic_runtime.batches.spool import Spool
from pgclinic_runtime.batches.targets import Form, Target
from pgclinic_runtime.batches.tickets import Ticket
from pgclinic_runtime.commands import drive
from pgclinic_runtime.encoding import Encoder
from pgclinic_runtime.grouping import Limits
from pgclinic_runtime.waiting import Bell, Latch

_BREATH = 1e-6
"""Seconds. Without it, the thread that sends would wait five milliseconds (``sys.getswitchinterval``) for the
interpreter's lock each time its socket has room again, and the server would idle meanwhile."""


class BatchWriter:
    """Writes rows in groups, each exactly once, on a connection of its own; safe to share between threads.

    Use it as a context manager, or ``open`` and ``close`` it; at the interpreter's exit it is closed too. A row goes in
    when ``write`` returns a ticket, and is decided when the ticket's ``result`` returns or raises. Any call may be
    interrupted by Ctrl-C or a signal's handler that raises: what was accepted is still written.

    Args:
        conninfo: where to connect, through a pooler if you like; no prepared statements or session state are used.
        target: ``Append``, ``Insert`` or ``Call``.
        limits: when a group is full: by rows, bytes or seconds since its first row. A writer that has nothing else to
            write begins with an eighth of the rows, 100 at least.
        most_bytes: how much may be accepted and undecided; then ``write`` blocks.
        retries: how long to try while the server is away.
        spool: a folder in which groups are kept until they are in the database.
        ledger: where the tables of ``setup`` are.
        on_refused: told of each row set aside, from the writer's thread.
        adapters: psycopg's adapters for the values, the global ones by default.
    """

    def __init__(
        self,
        conninfo: str,
        target: Target,
        *,
        limits: Limits | None = None,
        most_bytes: int = 64_000_000,
        retries: Retries | None = None,
        spool: Path | str | None = None,
        ledger: Ledger | None = None,
        on_refused: Callable[[Refusal], None] | None = None,
        adapters: AdaptContext | None = None,
    ) -> None:
        self._conninfo = conninfo
        self._target = target
        self._encode = target.encoder(Encoder(adapters))
        self._retries = retries or Retries()
        self._outage = Outage(self._retries)
        self._ledger = ledger or Ledger()
        self._on_refused = on_refused
        self._intake = Intake(limits or Limits(), most_bytes)
        self._spool = Spool(Path(spool), repr(target)) if spool is not None else None
        self._kept: deque[Batch] = deque()
        self._encoding = threading.Lock()
        self._state = threading.Lock()  # held for moments, never while waiting
        self._accepted_some = Bell()
        self._kept_some = Bell()
        self._ended: Latch | None = None  # while it is open
        self._closing = False
        self._all_kept = True
        self._failed: Exception | None = None
        self._session: tuple[psycopg.Connection[Any], Form] | None = None

    def open(self) -> Self:
        """Start the writer's thread; what a spool still holds is written first.

        Raises:
            SpoolInUseError, SpoolMismatchError, SpoolDamagedError: of the spool.
        """
        if self._ended:
            raise RuntimeError("the writer is open")
        if self._spool:
            for group in self._spool.open():
                self._kept.append(self._intake.restored(group.key, group.data))
        self._closing = False
        self._all_kept = self._spool is None
        ended = Latch()
        try:
            _start(partial(self._write_groups, ended))
        except BaseException:
            self._closing = True
            self._accepted_some.ring()
            raise
        self._ended = ended
        atexit.register(self.close)
        return self

    def write(self, row: Any) -> Ticket:  # noqa: ANN401 - a sequence of values, or what JSON can hold
        """Accept a row; blocks while too much is undecided.

        Raises:
            ValueError, TypeError, psycopg.DataError: this is no row for the target; nothing was accepted.
            RuntimeError: the writer is not open.
        """
        return Ticket(self._accepted(Block(self._encoded((row,)), 1)))

    def write_many(self, rows: Iterable[Any]) -> Ticket:
        """Accept rows, one ticket for all; on an error the rows before it have been accepted."""
        parts: list[Part] = []
        for block in encoded(self._encoded, rows):
            join(parts, self._accepted(block))
            if block.rows > 1 and self._intake.is_busy():
                time.sleep(_BREATH)
        return Ticket(parts)

    def flush(self, timeout: float | None = None) -> None:
        """Write what has been accepted until now, without waiting for groups to fill.

        Raises:
            TimeoutError: not within ``timeout`` seconds.
            GroupFailedError: a group failed since the last flush. Refused rows raise nothing here.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._state:
            self._intake.close()
            before = self._intake.undecided()
        self._accepted_some.ring()
        for batch in before:
            if not batch.done.wait(None if deadline is None else deadline - time.monotonic()):
                raise TimeoutError(f"{sum(not batch.done.is_set() for batch in before)} groups are not yet written")
        self._raise_failed()

    def close(self) -> None:
        """Write what has been accepted, then let the connection and the spool go.

        Raises:
            GroupFailedError: a group failed since the last flush.
        """
        if (ended := self._ended) is None:
            return
        self._closing = True
        self._accepted_some.ring()
        ended.wait()  # unlike a thread's join, it may be interrupted and called again
        self._ended = None
        atexit.unregister(self.close)
        self._raise_failed()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _encoded(self, rows: Sequence[Any]) -> bytes:
        with self._encoding:
            return self._encode(rows)

    def _accepted(self, block: Block) -> list[Part]:
        parts: list[Part] = []
        for piece in pieces(block):
            while (added := self._added(piece)) is None:
                with self._state:
                    self._intake.close()
                    undecided = self._intake.undecided()
                self._accepted_some.ring()
                if undecided:
                    undecided[0].done.wait()
            join(parts, added)
        return parts

    def _added(self, block: Block) -> list[Part] | None:
        """Where the rows are; None while there is no room."""
        with self._state:
            if self._closing or self._ended is None:
                raise RuntimeError("the writer is not open")
            if not self._intake.has_room():
                return None
            # First, so that none lies there unheard of; who was woken waits for the lock.
            if self._intake.wakes(block):
                self._accepted_some.ring()
            return self._intake.add(block, time.monotonic())

    def _raise_failed(self) -> None:
        with self._state:
            failed, self._failed = self._failed, None
        if failed:
            raise failed

    def _next_accepted(self) -> Batch | None:
        """Wait for a group that is full; None when the writer closes and none is left."""
        while True:
            with self._state:
                is_closing = self._closing
                if is_closing:
                    self._intake.close()
                now = time.monotonic()
                if (batch := self._intake.next(now)) or is_closing:
                    return batch
                waits = self._intake.waits(now)
            self._accepted_some.wait(waits)

    def _next_kept(self) -> Batch | None:
        while True:
            with self._state:
                if self._kept:
                    return self._kept.popleft()
                if self._all_kept:
                    return None
            self._kept_some.wait()

    def _keep_groups(self) -> None:
        assert self._spool is not None
        while batch := self._next_accepted():
            try:
                self._spool.keep(batch.key, joined(batch.blocks))
            except Exception as error:  # noqa: BLE001 - as below
                batch.kept.fail(error)
            else:
                batch.kept.settle(None)
            with self._state:
                self._kept.append(batch)
            self._kept_some.ring()
        with self._state:
            self._all_kept = True
        self._kept_some.ring()

    def _write_groups(self, ended: Latch) -> None:
        following = self._next_accepted
        try:
            if self._spool:
                _start(self._keep_groups)
                following = self._next_kept
            while batch := following():
                try:
                    refusals = self._written(batch)
                except Exception as error:  # noqa: BLE001 - the thread must live on, and the ticket tells
                    self._decide(batch, (), error)
                else:
                    self._decide(batch, tuple(refusals), None)
        finally:
            self._closing = True  # whatever ended it
            self._disconnect()
            if self._spool:
                self._spool.close()
            ended.set()

    def _written(self, batch: Batch) -> list[Refusal]:
        attempt, is_decided = 0, True
        while True:
            try:
                connection, form = self._connected()
                refusals = drive(write_once(batch.key, batch.blocks, form, self._ledger), connection)
            except (psycopg.Error, OSError, GroupFailedError, CommitLostError) as error:
                self._disconnect()
                is_decided = is_decided and not isinstance(error, CommitLostError)
                if not passes(error):
                    raise
                if self._outage.is_too_long(time.monotonic(), forever=self._spool is not None and not self._closing):
                    raise GroupFailedError(f"the server is away: {error}", is_decided=is_decided) from error
            except BaseException:
                self._disconnect()  # nobody may go on in its transaction
                raise
            else:
                self._outage.end()
                return refusals
            time.sleep(self._retries.delay(attempt, random.random()))  # noqa: S311 - it spreads clients, no more
            attempt += 1

    def _connected(self) -> tuple[psycopg.Connection[Any], Form]:
        if self._session is None:
            connection = psycopg.connect(
                self._conninfo, autocommit=True, prepare_threshold=None, client_encoding="utf8"
            )
            try:
                self._session = connection, drive(self._target.form(), connection)
            except BaseException:
                connection.close()
                raise
        return self._session

    def _disconnect(self) -> None:
        if self._session is not None:
            with contextlib.suppress(psycopg.Error):
                self._session[0].close()
            self._session = None

    def _decide(self, batch: Batch, refusals: tuple[Refusal, ...], error: Exception | None) -> None:
        if error is None and self._spool:
            self._spool.forget(batch.key)
        with self._state:
            self._failed = self._failed or error
            self._intake.decided(batch)
        batch.decide(refusals, error)
        tell(self._on_refused, refusals)


def _start(loop: Callable[[], None]) -> None:
    # A daemon: the interpreter waits for other threads before it would call `close` at its exit.
    threading.Thread(target=loop, name="batch-writer", daemon=True).start()
