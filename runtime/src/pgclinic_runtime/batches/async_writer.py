"""The writer for asyncio: as ``writer``, with tasks in place of threads."""

import asyncio
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
from pgclinic_runtime.batches.errors import CommitLostError, GroupFailedError, Refusal, tell
from pgclinic_runtime.batches.exactly_once import write_once
from pgclinic_runtime.batches.intake import Batch, Intake, Part, encoded, join, pieces
from pgclinic_runtime.batches.ledger import Ledger
from pgclinic_runtime.batches.retrying import Attempts, Outage, Retries
from pgclinic_runtime.batches.spool import Spool
from pgclinic_runtime.batches.targets import Form, Target
from pgclinic_runtime.batches.tickets import AsyncTicket
from pgclinic_runtime.commands import drive_async
from pgclinic_runtime.encoding import Encoder
from pgclinic_runtime.grouping import Limits


class AsyncBatchWriter:
    """As ``BatchWriter``, for one event loop: ``write`` and ``flush`` are awaited, and so are tickets.

    It has no way to run at the interpreter's exit: use it as an asynchronous context manager. Who cancels all tasks, as
    ``asyncio.run`` does at its end, cancels the writer's too: what is undecided then fails.
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
        self._outage = Outage(retries or Retries())
        self._ledger = ledger or Ledger()
        self._on_refused = on_refused
        self._intake = Intake(limits or Limits(), most_bytes)
        self._spool = Spool(Path(spool), repr(target)) if spool is not None else None
        self._kept: deque[Batch] = deque()
        self._changes: deque[asyncio.Future[None]] = deque()
        self._turn = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._ended: asyncio.Future[None] | None = None  # while it is open
        self._stop: BaseException | None = None
        self._closing = False
        self._all_kept = True
        self._unsure: Batch | None = None  # it may be in the database, or not
        self._failed: Exception | None = None
        self._session: tuple[psycopg.AsyncConnection[Any], Form] | None = None

    async def open(self) -> Self:
        """As ``BatchWriter.open``."""
        if self._ended is not None:
            raise RuntimeError("the writer is open")
        self._ended = asyncio.get_running_loop().create_future()
        self._turn = asyncio.Lock()  # a lock is one event loop's for ever
        self._stop = self._unsure = None
        self._outage.end()
        self._closing = False
        self._all_kept = self._spool is None
        try:
            await self._restore()
        except BaseException:
            self._ended.set_result(None)
            self._ended = None
            raise
        loops = [self._write_groups] if self._spool is None else [self._keep_groups, self._write_groups]
        self._tasks = [asyncio.create_task(loop(), name="batch-writer") for loop in loops]
        for task in self._tasks:
            task.add_done_callback(self._stopped)
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
        if (ended := self._ended) is None:
            return
        self._closing = True
        self._notify()
        cancelled = await _until(ended)
        if self._ended is ended:  # and was not opened again by another who waited
            self._ended = None
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

    async def _restore(self) -> None:
        if self._spool is None:
            return
        # Not as a task: whoever cancels all tasks would cut it off from its thread, which goes on.
        opening = asyncio.get_running_loop().run_in_executor(None, self._spool.open)
        if cancelled := await _until(opening):
            self._spool.close()
            raise cancelled from opening.exception()
        for group in opening.result():
            self._kept.append(self._intake.restored(group.key, group.data))

    def _stopped(self, task: asyncio.Task[None]) -> None:
        """A task has ended: after its work, or cancelled from outside, perhaps before it had begun."""
        self._tasks.remove(task)
        if stop := asyncio.CancelledError() if task.cancelled() else task.exception():
            self._stop = self._stop or stop
            self._closing = self._all_kept = True  # wait_for of Python 3.11 may swallow what follows
            for other in self._tasks:
                other.cancel()
        if not self._tasks:
            self._let_go()

    def _let_go(self) -> None:
        """Nobody writes any more: tell those who still wait, and let the connection and the spool go."""
        assert self._ended is not None
        self._closing = True
        try:
            self._intake.close()
            while self._intake.next(time.monotonic()):
                pass  # now none is left for who opens it again
            for batch in self._intake.undecided():
                self._decide(batch, (), self._stop_of(batch))
            self._kept.clear()
            self._disconnect()
            if self._spool:
                self._spool.close()
        except Exception as error:  # noqa: BLE001 - whoever closes it raises it
            self._failed = self._failed or error
        finally:
            self._ended.set_result(None)

    def _stop_of(self, batch: Batch) -> GroupFailedError:
        how = "was cancelled" if isinstance(self._stop, asyncio.CancelledError) else f"ended: {self._stop!r}"
        later = "; what its spool kept is written when it is next opened" if self._spool else ""
        error = GroupFailedError(f"the writer's task {how}{later}", is_decided=batch is not self._unsure)
        error.__cause__ = self._stop
        return error

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
        while batch := await self._next_accepted():
            keeping = asyncio.get_running_loop().run_in_executor(None, self._keep, batch)
            cancelled = await _until(keeping)
            try:
                keeping.result()
            except Exception as error:  # noqa: BLE001 - as below
                batch.kept.fail(error)
            else:
                batch.kept.settle(None)
            self._kept.append(batch)
            self._notify()
            if cancelled:
                raise cancelled
        self._all_kept = True
        self._notify()

    def _keep(self, batch: Batch) -> None:
        assert self._spool is not None
        self._spool.keep(batch.key, joined(batch.blocks))

    async def _write_groups(self) -> None:
        following = self._next_kept if self._spool else self._next_accepted
        while batch := await following():
            try:
                refusals = await self._written(batch)
            except Exception as error:  # noqa: BLE001 - the task must live on, and the ticket tells
                self._decide(batch, (), error)
            else:
                self._decide(batch, tuple(refusals), None)
            self._unsure = None

    async def _written(self, batch: Batch) -> list[Refusal]:
        attempts = Attempts(self._outage)
        while True:
            try:
                connection, form = await self._connected()
                self._unsure = batch  # from here until it answers
                refusals = await drive_async(write_once(batch.key, batch.blocks, form, self._ledger), connection)
            except (psycopg.Error, OSError, GroupFailedError, CommitLostError) as error:
                self._disconnect()
                attempts.failed(error, time.monotonic(), forever=self._spool is not None and not self._closing)
                self._unsure = None if attempts.is_decided else batch
            except BaseException:
                self._disconnect()  # nobody may go on in its transaction
                raise
            else:
                self._outage.end()
                return refusals
            await asyncio.sleep(attempts.wait(random.random()))  # noqa: S311 - it spreads clients

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

    def _disconnect(self) -> None:
        if self._session is not None:
            self._session[0].pgconn.finish()  # what its ``close`` does, where nobody can wait for a coroutine
            self._session = None

    def _decide(self, batch: Batch, refusals: tuple[Refusal, ...], error: Exception | None) -> None:
        if error is None and self._spool:
            self._spool.forget(batch.key)
        self._failed = self._failed or error
        self._intake.decided(batch)
        batch.decide(refusals, error)
        tell(self._on_refused, refusals)


async def _until(future: asyncio.Future[Any]) -> asyncio.CancelledError | None:
    """Wait until it is done, however often one is cancelled meanwhile: the last time is returned, to be raised."""
    cancelled = None
    while not future.done():
        try:
            await asyncio.wait([future])  # unlike gather, it cancels nothing that it waits for
        except asyncio.CancelledError as error:
            cancelled = error
    return cancelled
