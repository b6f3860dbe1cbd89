"""The writer for threads: rows in, a thread of its own groups and writes them."""

import atexit
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from psycopg.abc import AdaptContext

from pgclinic_runtime.batches.blocks import Block
from pgclinic_runtime.batches.errors import Refusal
from pgclinic_runtime.batches.intake import Intake, Part, encoded, join
from pgclinic_runtime.batches.ledger import Ledger
from pgclinic_runtime.batches.retrying import Retries
from pgclinic_runtime.batches.spool import Spool
from pgclinic_runtime.batches.targets import Target
from pgclinic_runtime.batches.tickets import Ticket
from pgclinic_runtime.batches.work import Order, Work
from pgclinic_runtime.encoding import Encoder
from pgclinic_runtime.grouping import Limits

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
        self._order = Order(conninfo, target, retries or Retries(), ledger or Ledger(), on_refused)
        self._encode = target.encoder(Encoder(adapters))
        self._encoding = threading.RLock()
        self._limits, self._most_bytes = limits or Limits(), most_bytes
        self._spool = None if spool is None else Path(spool)
        self._work: Work | None = None
        self._new_work()  # bad arguments are told at once

    def open(self) -> Self:
        """Start the writer's thread; what a spool still holds is written first.

        Raises:
            SpoolInUseError, SpoolMismatchError, SpoolDamagedError: of the spool.
        """
        if self._work is not None:
            raise RuntimeError("the writer is open")
        work = self._new_work()
        try:
            work.start()
        except BaseException:
            work.abandon()
            raise
        self._work = work
        atexit.register(self.close)
        return self

    def write(self, row: Any) -> Ticket:  # noqa: ANN401 - a sequence of values, or what JSON can hold
        """Accept a row; blocks while too much is undecided.

        Raises:
            ValueError, TypeError, psycopg.DataError: this is no row for the target; nothing was accepted.
            RuntimeError: the writer is not open, or a signal's handler calls in the midst of another call.
        """
        work = self._opened()
        return Ticket(work.accepted(Block(self._encoded((row,)), 1)))

    def write_many(self, rows: Iterable[Any]) -> Ticket:
        """Accept rows, one ticket for all; on an error the rows before it have been accepted."""
        work = self._opened()
        parts: list[Part] = []
        for block in encoded(self._encoded, rows):
            join(parts, work.accepted(block))
            if block.rows > 1 and work.is_busy():
                time.sleep(_BREATH)
        return Ticket(parts)

    def flush(self, timeout: float | None = None) -> None:
        """Write what has been accepted until now, without waiting for groups to fill.

        Raises:
            TimeoutError: not within ``timeout`` seconds.
            GroupFailedError: a group failed since the last flush. Refused rows raise nothing here.
        """
        if self._work is not None:
            self._work.flush(timeout)
            self._work.raise_failed()

    def close(self) -> None:
        """Write what has been accepted, then let the connection and the spool go.

        Raises:
            GroupFailedError: a group failed since the last flush.
        """
        if (work := self._work) is None:
            return
        if work.is_here():  # in a process that was forked from its own there is nothing to end
            work.close()
        if self._work is work:
            self._work = None
            atexit.unregister(self.close)
        if work.is_here():
            work.raise_failed()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _new_work(self) -> Work:
        spool = Spool(self._spool, repr(self._order.target)) if self._spool is not None else None
        return Work(self._order, Intake(self._limits, self._most_bytes), spool)

    def _opened(self) -> Work:
        if self._work is None:
            raise RuntimeError("the writer is not open")
        return self._work

    def _encoded(self, rows: Sequence[Any]) -> bytes:
        with self._encoding:
            return self._encode(rows)
