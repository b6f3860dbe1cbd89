"""The writer for asyncio: as ``writer``, with tasks in place of threads."""

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import AsyncIterable, Callable, Iterable
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
from pgclinic_runtime.batches.tickets import AsyncTicket
from pgclinic_runtime.commands import drive_async
from pgclinic_runtime.encoding import Encoder
from pgclinic_runtime.grouping import Limits


class AsyncBatchWriter:
    """As ``BatchWriter``, for one event loop: ``write`` and ``flush`` are awaited, and so are tickets.

    It has no way to run at the interpreter's exit: use it as an asynchronous context manager.
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
        self._changes: deque[asyncio.Future[None]] = deque()
        self._turn = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False
        self._all_kept = True
        self._failed: Exception | None = None
        self._session: tuple[psycopg.AsyncConnection[Any], Form] | None = None

    async def open(self) -> Self:
        """As ``BatchWriter.open``."""
        if self._tasks:
            raise RuntimeError("the writer is open")
        if self._spool:
            for group in await asyncio.to_thread(self._spool.open):
                self._kept.append(self._intake.restored(group.key, group.data))
        self._turn = asyncio.Lock()  # a lock is one event loop's for ever
        self._closing = False
        self._all_kept = self._spool is None
        loops = [self._write_groups] if self._spool is None else [self._keep_groups, self._write_groups]
        self._tasks = [asyncio.create_task(loop(), name="batch-writer") for loop in loops]
        return self

    async def write(self, row: Any) -> AsyncTicket:  # noqa: ANN401 - a sequence of values, or what JSON can hold
        """As ``BatchWriter.write``; waits while too much is undecided."""
        return AsyncTicket(await self._accepted(Block(self._encode((row,)), 1)))

    async def write_many(self, rows: Iterable[Any] | AsyncIterable[Any]) -> AsyncTicket:
        """As ``BatchWriter.write_many``; other tasks have their turns meanwhile."""
        parts: list[Part] = []
        if isinstance(rows, AsyncIterable):
            async for row in rows:
                join(parts, await self._accepted(Block(self._encode((row,)), 1)))
            return AsyncTicket(parts)
        for block in encoded(self._encode, rows):
            join(parts, await self._accepted(block))
            await asyncio.sleep(0)
        return AsyncTicket(parts)

    async def flush(self) -> None:
        """As ``BatchWriter.flush``; bound it with ``asyncio.timeout``."""
        self._intake.close()
        self._notify()
        for batch in self._intake.undecided():
            await batch.done.awaited()
        failed, self._failed = self._failed, None
        if failed:
            raise failed

    async def close(self) -> None:
        """As ``BatchWriter.close``; when it is cancelled it ends its work first, and is cancelled then."""
        if not self._tasks:
            return
        self._closing = True
        self._notify()
        ending = asyncio.create_task(self._ended(), name="batch-writer")
        cancelled = None
        while not ending.done():
            try:
                await asyncio.wait([ending])  # unlike gather, it cancels nothing that it waits for
            except asyncio.CancelledError as error:
                cancelled = error
        ending.result()
        failed, self._failed = self._failed, None
        if cancelled:
            raise cancelled from failed
        if failed:
            raise failed

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def _ended(self) -> None:
        await asyncio.gather(*self._tasks)
        self._tasks = []
        await self._disconnect()
        if self._spool:
            await asyncio.to_thread(self._spool.close)

    async def _accepted(self, block: Block) -> list[Part]:
        parts: list[Part] = []
        for piece in pieces(block):
            if not self._intake.has_room():
                await self._room()
            if self._closing or not self._tasks:
                raise RuntimeError("the writer is not open")
            if self._intake.wakes(piece):
                self._notify()
            join(parts, self._intake.add(piece, time.monotonic()))
        return parts

    async def _room(self) -> None:
        """Wait until there is some, or none any more."""
        async with self._turn:  # else each group that is decided would wake all who wait, for a few of them to go on
            while not self._intake.has_room() and not self._closing:
                if self._intake.close():
                    self._notify()
                await self._intake.undecided()[0].done.awaited()

    def _notify(self) -> None:
        """Wake those who wait for something to write; who waits for room is woken by the group that makes it."""
        while self._changes:
            change = self._changes.popleft()
            if not change.done():
                change.set_result(None)

    async def _change(self, seconds: float | None) -> None:
        """Wait for a change, or for so long."""
        change = asyncio.get_running_loop().create_future()
        self._changes.append(change)
        await asyncio.wait([change], timeout=seconds)

    async def _next_accepted(self) -> Batch | None:
        while True:
            if self._closing:
                self._intake.close()
            now = time.monotonic()
            if (batch := self._intake.next(now)) or self._closing:
                return batch
            await self._change(self._intake.waits(now))

    async def _next_kept(self) -> Batch | None:
        while not self._kept and not self._all_kept:
            await self._change(None)
        return self._kept.popleft() if self._kept else None

    async def _keep_groups(self) -> None:
        assert self._spool is not None
        while batch := await self._next_accepted():
            try:
                await asyncio.to_thread(self._spool.keep, batch.key, joined(batch.blocks))
            except OSError as error:
                batch.kept.fail(error)
            else:
                batch.kept.settle(None)
            self._kept.append(batch)
            self._notify()
        self._all_kept = True
        self._notify()

    async def _write_groups(self) -> None:
        following = self._next_kept if self._spool else self._next_accepted
        while batch := await following():
            try:
                refusals = await self._written(batch)
            except Exception as error:  # noqa: BLE001 - the task must live on, and the ticket tells
                self._decide(batch, (), error)
            else:
                self._decide(batch, tuple(refusals), None)

    async def _written(self, batch: Batch) -> list[Refusal]:
        attempt, is_decided = 0, True
        while True:
            try:
                connection, form = await self._connected()
                refusals = await drive_async(write_once(batch.key, batch.blocks, form, self._ledger), connection)
            except (psycopg.Error, OSError, GroupFailedError, CommitLostError) as error:
                await self._disconnect()
                is_decided = is_decided and not isinstance(error, CommitLostError)
                if not passes(error):
                    raise
                if self._outage.is_too_long(time.monotonic(), forever=self._spool is not None and not self._closing):
                    raise GroupFailedError(f"the server is away: {error}", is_decided=is_decided) from error
            except BaseException:
                await self._disconnect()  # nobody may go on in its transaction
                raise
            else:
                self._outage.end()
                return refusals
            await asyncio.sleep(self._retries.delay(attempt, random.random()))  # noqa: S311 - it spreads clients
            attempt += 1

    async def _connected(self) -> tuple[psycopg.AsyncConnection[Any], Form]:
        if self._session is None:
            connection = await psycopg.AsyncConnection.connect(
                self._conninfo, autocommit=True, prepare_threshold=None, client_encoding="utf8"
            )
            try:
                self._session = connection, await drive_async(self._target.form(), connection)
            except BaseException:
                await connection.close()
                raise
        return self._session

    async def _disconnect(self) -> None:
        if self._session is not None:
            with contextlib.suppress(psycopg.Error):
                await self._session[0].close()
            self._session = None

    def _decide(self, batch: Batch, refusals: tuple[Refusal, ...], error: Exception | None) -> None:
        if error is None and self._spool:
            self._spool.forget(batch.key)
        self._failed = self._failed or error
        self._intake.decided(batch)
        batch.decide(refusals, error)
        tell(self._on_refused, refusals)
