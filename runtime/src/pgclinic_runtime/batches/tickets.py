"""What ``write`` gives back: a way to learn what became of the rows."""

import asyncio
import time
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from pgclinic_runtime.batches.errors import Refusal, RowsRefusedError
from pgclinic_runtime.batches.intake import Part

if TYPE_CHECKING:
    from concurrent.futures import Future


class Ticket:
    """Rows that were accepted, in the parts of groups that they went to; positions ``start`` to before ``stop``."""

    __slots__ = ("_parts",)

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts

    def is_done(self) -> bool:
        """Whether it is decided what became of every row."""
        return all(batch.done.done() for batch, _, _ in self._parts)

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
        return all(batch.done.done() for batch, _, _ in self._parts)

    async def kept(self) -> None:
        """As ``Ticket.kept``; bound it with ``asyncio.timeout``."""
        for batch, _, _ in self._parts:
            await _awaited(batch.kept)

    async def result(self) -> None:
        """As ``Ticket.result``; bound it with ``asyncio.timeout``."""
        for batch, _, _ in self._parts:
            await _awaited(batch.done)
        _raise_refused(self._parts)

    def __await__(self) -> Generator[Any, None, None]:
        return self.result().__await__()


async def _awaited(future: "Future[Any]") -> None:
    if future.done():
        future.result()
    else:
        # A caller who gives up must not cancel what others wait for too.
        await asyncio.shield(asyncio.wrap_future(future))


def _wait(futures: "Sequence[Future[Any]]", timeout: float | None) -> None:
    deadline = None if timeout is None else time.monotonic() + timeout
    for future in futures:
        future.result(None if deadline is None else max(0.0, deadline - time.monotonic()))


def _raise_refused(parts: Sequence[Part]) -> None:
    refusals: list[Refusal] = []
    for batch, start, stop in parts:
        refusals += [one for one in batch.done.result() if start <= one.position < stop]
    if refusals:
        raise RowsRefusedError(tuple(refusals))
