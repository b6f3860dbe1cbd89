import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any, Self

import pytest

from conftest import Database
from pgclinic_runtime.batches import AsyncBatchWriter, BatchWriter, setup


class Blocking:
    """An ``AsyncBatchWriter`` driven from outside its event loop, so that one test asks both writers."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._writer = AsyncBatchWriter(*arguments, **options)

    def _run(self, coroutine: Any, timeout: float | None = None) -> Any:
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(coroutine, timeout), self._loop).result()

    def open(self) -> Self:
        try:
            self._run(self._writer.open())
        except BaseException:
            self._end()
            raise
        return self

    def _ticket(self, ticket: Any) -> Any:
        blocking = self

        class Ticket:
            is_done = ticket.is_done

            def result(self, timeout: float | None = None) -> None:
                blocking._run(ticket.result(), timeout)

            def kept(self, timeout: float | None = None) -> None:
                blocking._run(ticket.kept(), timeout)

        return Ticket()

    def write(self, row: Any) -> Any:
        return self._ticket(self._run(self._writer.write(row)))

    def write_many(self, rows: Any) -> Any:
        return self._ticket(self._run(self._writer.write_many(rows)))

    def flush(self, timeout: float | None = None) -> None:
        self._run(self._writer.flush(), timeout)

    def close(self) -> None:
        try:
            self._run(self._writer.close())
        finally:
            self._end()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()


@pytest.fixture(params=[BatchWriter, Blocking], ids=["threads", "asyncio"])
def make_writer(request: pytest.FixtureRequest) -> Callable[..., Any]:
    return request.param


@pytest.fixture
def shop(database: Database) -> Iterator[Database]:
    """A database with the ledger and a table of calls."""
    with database.connect() as connection:
        setup(connection)
        connection.execute(
            "create table calls (id int primary key, phone varchar(12) check (phone <> 'bad'), tags text[], seen int)"
        )
    return database
