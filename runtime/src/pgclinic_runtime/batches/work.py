"""What a writer for threads is at while it is open: rows come in by any thread, a thread of its own writes them.

Made anew by each opening, so that what is left of an interrupted one can do nothing to the next.
"""

import contextlib
import os
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from pgclinic_runtime.batches.blocks import Block, joined
from pgclinic_runtime.batches.errors import CommitLostError, GroupFailedError, Refusal, tell
from pgclinic_runtime.batches.exactly_once import write_once
from pgclinic_runtime.batches.intake import Batch, Intake, Part, join, pieces
from pgclinic_runtime.batches.ledger import Ledger
from pgclinic_runtime.batches.retrying import Attempts, Outage, Retries
from pgclinic_runtime.batches.spool import Spool
from pgclinic_runtime.batches.targets import Form, Target
from pgclinic_runtime.commands import drive
from pgclinic_runtime.waiting import Bell, Latch


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be written, where and how."""

    conninfo: str
    target: Target
    retries: Retries
    ledger: Ledger
    on_refused: Callable[[Refusal], None] | None


class Work:
    """Of one opening. Its methods are for any thread; ``start`` and ``abandon`` for the one that opens."""

    def __init__(self, order: Order, intake: Intake, spool: Spool | None) -> None:
        self._order = order
        self._outage = Outage(order.retries)
        self._intake = intake
        self._spool = spool
        self._kept: deque[Batch] = deque()
        self._state = threading.RLock()  # held for moments, never while waiting
        self._accepted_some = Bell()
        self._kept_some = Bell()
        self._ended = Latch()
        self._closing = False
        self._all_kept = spool is None
        self._failed: Exception | None = None
        self._session: tuple[psycopg.Connection[Any], Form] | None = None
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._write_groups, name="batch-writer", daemon=True)

    def start(self) -> None:
        """Take the spool, and begin to write what it still holds.

        Raises:
            SpoolInUseError, SpoolMismatchError, SpoolDamagedError: of the spool.
        """
        if self._spool:
            for group in self._spool.open():
                self._kept.append(self._intake.restored(group.key, group.data))
        self._thread.start()

    def abandon(self) -> None:
        """End a start that was interrupted, wherever it was."""
        self._closing = True
        self._accepted_some.ring()
        if self._spool:
            self._spool.close()

    def is_here(self) -> bool:
        """Whether this process opened it; one that was forked from it has neither the thread nor the rows."""
        return self._process == os.getpid()

    def is_busy(self) -> bool:
        """Whether a whole group is undecided."""
        return self._intake.is_busy()

    def accepted(self, block: Block) -> list[Part]:
        """Take rows in, and say where they are; waits for room.

        Raises:
            RuntimeError: it is closing, or this call could never end.
        """
        parts: list[Part] = []
        for piece in pieces(block):
            while (added := self._added(piece)) is None:
                with self._state:
                    self._intake.close()
                    undecided = self._intake.undecided()
                self._accepted_some.ring()
                if undecided:
                    self._refuse_to_wait()
                    undecided[0].done.wait()
            join(parts, added)
        return parts

    def flush(self, timeout: float | None) -> None:
        """Write what has been accepted until now.

        Raises:
            TimeoutError: not within ``timeout`` seconds.
            RuntimeError: this call could never end.
        """
        self._refuse_other_processes()
        self._refuse_to_wait()
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._state:
            self._intake.close()
            before = self._intake.undecided()
        self._accepted_some.ring()
        for batch in before:
            if not batch.done.wait(None if deadline is None else deadline - time.monotonic()):
                raise TimeoutError(f"{sum(not batch.done.is_set() for batch in before)} groups are not yet written")

    def close(self) -> None:
        """Write what has been accepted, and end. Unlike a thread's join it may be interrupted and called again.

        Raises:
            RuntimeError: this call could never end.
        """
        self._refuse_to_wait()
        self._closing = True
        self._accepted_some.ring()
        self._ended.wait()

    def raise_failed(self) -> None:
        """Raise what a group failed with since the last time."""
        with self._state:
            failed, self._failed = self._failed, None
        if failed:
            raise failed

    def _refuse_other_processes(self) -> None:
        if not self.is_here():
            raise RuntimeError("the writer is not open in this process, but in the one that forked it")

    def _refuse_to_wait(self) -> None:
        if threading.get_ident() == self._thread.ident:
            raise RuntimeError("on_refused is called by the thread that writes, which cannot wait for itself")
        self._refuse_in_midst()

    def _refuse_in_midst(self) -> None:
        if self._state._is_owned():  # type: ignore[attr-defined]  # noqa: SLF001 - as Condition asks it
            raise RuntimeError("a signal's handler has interrupted a call of this writer, and may only raise or return")

    def _added(self, block: Block) -> list[Part] | None:
        """Where the rows are; None while there is no room."""
        self._refuse_other_processes()
        self._refuse_in_midst()
        with self._state:
            if self._closing:
                raise RuntimeError("the writer is not open")
            if not self._intake.has_room():
                return None
            # First, so that none lies there unheard of; who was woken waits for the lock.
            if self._intake.wakes(block):
                self._accepted_some.ring()
            return self._intake.add(block, time.monotonic())

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

    def _write_groups(self) -> None:
        following = self._next_accepted
        try:
            if self._spool:
                threading.Thread(target=self._keep_groups, name="batch-keeper", daemon=True).start()
                following = self._next_kept
            while batch := following():
                try:
                    refusals = self._written(batch)
                except Exception as error:  # noqa: BLE001 - the thread must live on, and the ticket tells
                    self._decide(batch, (), error)
                else:
                    self._decide(batch, tuple(refusals), None)
        finally:
            self._end()

    def _end(self) -> None:
        try:
            with self._state:
                self._closing = True
                left = self._intake.undecided()
            for batch in left:  # none, unless something unforeseen has ended the thread
                self._decide(batch, (), GroupFailedError("the writer's thread has ended", is_decided=False))
            self._disconnect()
            if self._spool:
                self._spool.close()
        finally:
            self._ended.set()

    def _written(self, batch: Batch) -> list[Refusal]:
        attempts = Attempts(self._outage)
        while True:
            try:
                connection, form = self._connected()
                refusals = drive(write_once(batch.key, batch.blocks, form, self._order.ledger), connection)
            except (psycopg.Error, OSError, GroupFailedError, CommitLostError) as error:
                self._disconnect()
                attempts.failed(error, time.monotonic(), forever=self._spool is not None and not self._closing)
            except BaseException:
                self._disconnect()  # nobody may go on in its transaction
                raise
            else:
                self._outage.end()
                return refusals
            time.sleep(attempts.wait(random.random()))  # noqa: S311 - it spreads clients, no more

    def _connected(self) -> tuple[psycopg.Connection[Any], Form]:
        if self._session is None:
            connection = psycopg.connect(
                self._order.conninfo, autocommit=True, prepare_threshold=None, client_encoding="utf8"
            )
            try:
                self._session = connection, drive(self._order.target.form(), connection)
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
        tell(self._order.on_refused, refusals)
