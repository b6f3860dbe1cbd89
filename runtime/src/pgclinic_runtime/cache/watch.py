"""Who tells a cache that tables changed, in a thread of its own."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any, LiteralString, Self

import psycopg
from psycopg import Connection, sql
from psycopg.rows import tuple_row

from pgclinic_runtime.cache.cache import Cache
from pgclinic_runtime.cache.recipes import CHANNEL, SLOT
from pgclinic_runtime.cache.slot import BUSY, Changes, poll
from pgclinic_runtime.steps import run
from pgclinic_runtime.waiting import Latch


class _Watch(ABC):
    """A thread that looks, and looks again ``every`` seconds; when the database is away, it tries again."""

    def __init__(self, cache: Cache, every: float) -> None:
        self._cache = cache
        self._every = every
        self._closed = Latch()
        self._thread = threading.Thread(target=self._run, name="cache watch", daemon=True)

    def open(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def close(self) -> None:
        """Stop watching; values then live until their time is over."""
        self._closed.set()
        self._thread.join()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        wait = 0.0
        while not self._closed.wait(wait):
            wait = self._every
            with suppress(psycopg.Error, OSError):
                wait = self._look()

    @abstractmethod
    def _look(self) -> float:
        """Look once, and say how many seconds to wait."""


class TableWatch(_Watch):
    """Polls a logical replication slot, and makes invalid what depends on the tables that changed.

    One poller is enough for all processes that share a Redis: others that try find the slot busy, which is no error.
    Without Redis each process needs a ``slot`` of its own. A slot that keeps more than ``most_bytes`` of WAL is made
    anew, and everything that depends on tables is then invalid.
    """

    def __init__(
        self,
        cache: Cache,
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

    def poll(self) -> Changes:
        """Look once. Raises psycopg.Error: without REPLICATION, or when the primary is away."""
        router = self._cache.router
        with router.session(), suppress(*BUSY), router.write() as connection:
            steps = poll(
                partial(_rows, connection),
                self._cache.invalidate_tables,
                self._slot,
                most_bytes=self._most_bytes,
                most_changes=self._most_changes,
            )
            return run(steps)
        return Changes()

    def _look(self) -> float:
        return min(self._every, 0.01) if self.poll().has_more else self._every


def _rows(connection: Connection[Any], statement: LiteralString, parameters: Sequence[object]) -> list[Any]:
    return connection.cursor(row_factory=tuple_row).execute(statement, parameters, prepare=False).fetchall()


class NotifyWatch(_Watch):
    """Listens to the triggers of ``notify_recipe`` on a connection of its own that ``connect`` makes, to the primary.

    Each time it has to connect, everything that depends on tables becomes invalid: notifications may have been missed.
    """

    def __init__(
        self, cache: Cache, connect: Callable[[], Connection[Any]], channel: str = CHANNEL, *, every: float = 1.0
    ) -> None:
        super().__init__(cache, every)
        self._connect = connect
        self._channel = channel

    def _look(self) -> float:
        with self._connect() as connection:
            connection.autocommit = True
            connection.execute(sql.SQL("listen {}").format(sql.Identifier(self._channel)))
            self._cache.invalidate_tables()
            while not self._closed.is_set():
                for notification in connection.notifies(timeout=self._every, stop_after=1):
                    self._cache.invalidate_tables(notification.payload)
        return 0.0
