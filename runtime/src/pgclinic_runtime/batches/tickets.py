"""What ``write`` gives back: a way to learn what became of the rows."""

import time
from collections.abc import Generator, Sequence
from typing import Any

from pgclinic_runtime.batches.errors import Refusal, RowsRefusedError
from pgclinic_runtime.batches.intake import Part
from pgclinic_runtime.waiting import Promise


class Ticket:
    """Rows that were accepted, in the parts of groups that they went to; positions ``start`` to before ``stop``."""

    __slots__ = ("_parts",)

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts

    def is_done(self) -> bool:
        """Whether it is decided what became of every row."""
        return all(batch.done.is_set() for batch, _, _ in self._parts)

    def kept(self, timeout: float | None = None) -> None:
        """Wait until a crash of this process cannot lose the rows: they are in the spool, or in the database.

        Raises:
            TimeoutError: not within ``timeout`` seconds.
            OSError: the spool could not be written; ``result`` still tells what became of the rows.
        """
        _wait([batch.kept for batch, _, _ in self._parts], timeout)

    def result(self, timeout: float | None = None) -> None:
        """Wait until the rows are committed in the database.

        Raises:
            TimeoutError: not within ``timeout`` seconds.
            RowsRefusedError: the database refused some of them; they are set aside in the ledger.
            GroupFailedError: they could not be written.
        """
        _wait([batch.done for batch, _, _ in self._parts], timeout)
        _raise_refused(self._parts)


class AsyncTicket:
    """A ``Ticket`` to await."""

    __slots__ = ("_parts",)

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts

    def is_done(self) -> bool:
        """Whether it is decided what became of every row."""
        return all(batch.done.is_set() for batch, _, _ in self._parts)

    async def kept(self) -> None:
        """As ``Ticket.kept``; bound it with ``asyncio.timeout``."""
        for batch, _, _ in self._parts:
            await batch.kept.awaited()
            batch.kept.outcome()

    async def result(self) -> None:
        """As ``Ticket.result``; bound it with ``asyncio.timeout``."""
        for batch, _, _ in self._parts:
            await batch.done.awaited()
            batch.done.outcome()
        _raise_refused(self._parts)

    def __await__(self) -> Generator[Any, None, None]:
        return self.result().__await__()


def _wait(promises: Sequence[Promise[Any]], timeout: float | None) -> None:
    deadline = None if timeout is None else time.monotonic() + timeout
    for promise in promises:
        if not promise.wait(None if deadline is None else deadline - time.monotonic()):
            raise TimeoutError("the rows are not yet decided")
        promise.outcome()


def _raise_refused(parts: Sequence[Part]) -> None:
    refusals: list[Refusal] = []
    for batch, start, stop in parts:
        refusals += [one for one in batch.done.outcome() if start <= one.position < stop]
    if refusals:
        raise RowsRefusedError(tuple(refusals))
