"""Who tells a cache that tables changed, in a task of its own."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any, LiteralString, Self

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import tuple_row

from pgclinic_runtime.cache.async_cache import AsyncCache
from pgclinic_runtime.cache.recipes import CHANNEL, SLOT
from pgclinic_runtime.cache.slot import BUSY, Changes, poll
from pgclinic_runtime.steps import run_async


class _Watch(ABC):
    """A task that looks, and looks again ``every`` seconds; when the database is away, it tries again."""

    def __init__(self, cache: AsyncCache, every: float) -> None:
        self._cache = cache
        self._every = every
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to watch."""
        self._task = asyncio.create_task(self._run(), name="cache watch")

    async def close(self) -> None:
        """Stop watching; values then live until their time is over."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(self) -> None:
        while True:
            wait = self._every
            with suppress(psycopg.Error, OSError):
                wait = await self._look()
            await asyncio.sleep(wait)

    @abstractmethod
    async def _look(self) -> float:
        """Look once, and say how many seconds to wait."""


class AsyncTableWatch(_Watch):
    """Polls a logical replication slot, and makes invalid what depends on the tables that changed.

    One poller is enough for all processes that share a Redis: others that try find the slot busy, which is no error.
    Without Redis each process needs a ``slot`` of its own. A slot that keeps more than ``most_bytes`` of WAL is made
    anew, and everything that depends on tables is then invalid.
    """

    def __init__(
        self,
        cache: AsyncCache,
        slot: str = SLOT,
        *,
        every: float = 1.0,
        most_bytes: int = 1 << 30,
        most_changes: int = 100_000,
    ) -> None:
        super().__init__(cache, every)
        self._slot = slot
        self._most_bytes = most_bytes
        self._most_changes = most_changes

    async def poll(self) -> Changes:
        """Look once. Raises psycopg.Error: without REPLICATION, or when the primary is away."""
        router = self._cache.router
        with router.session(), suppress(*BUSY):
            async with router.write() as connection:
                steps = poll(
                    partial(_rows, connection),
                    self._cache.invalidate_tables,
                    self._slot,
                    most_bytes=self._most_bytes,
                    most_changes=self._most_changes,
                )
                return await run_async(steps)
        return Changes()

    async def _look(self) -> float:
        return min(self._every, 0.01) if (await self.poll()).has_more else self._every


async def _rows(connection: AsyncConnection[Any], statement: LiteralString, parameters: Sequence[object]) -> list[Any]:
    cursor = connection.cursor(row_factory=tuple_row)
    await cursor.execute(statement, parameters, prepare=False)
    return await cursor.fetchall()


class AsyncNotifyWatch(_Watch):
    """Listens to the triggers of ``notify_recipe`` on a connection of its own that ``connect`` makes, to the primary.

    Each time it has to connect, everything that depends on tables becomes invalid: notifications may have been missed.
    """

    def __init__(
        self,
        cache: AsyncCache,
        connect: Callable[[], Awaitable[AsyncConnection[Any]]],
        channel: str = CHANNEL,
        *,
        every: float = 1.0,
    ) -> None:
        super().__init__(cache, every)
        self._connect = connect
        self._channel = channel

    async def _look(self) -> float:
        async with await self._connect() as connection:
            await connection.set_autocommit(True)
            await connection.execute(sql.SQL("listen {}").format(sql.Identifier(self._channel)))
            await self._cache.invalidate_tables()
            async for notification in connection.notifies():
                await self._cache.invalidate_tables(notification.payload)
        return 0.0
