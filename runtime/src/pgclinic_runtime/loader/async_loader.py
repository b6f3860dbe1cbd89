"""The loader for asyncio, over aiodataloader's DataLoader, or Strawberry's own where that is what is installed."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

import psycopg

from pgclinic_runtime.commands import drive_async
from pgclinic_runtime.loader.asking import Key, asked, line_of
from pgclinic_runtime.loader.sources import Source

Answer = TypeVar("Answer")
Connect = Callable[[], AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]]


class AsyncLoader:
    """Answers for one request: keys of one turn of the event loop go in one statement, each key is asked for once.

    Make one for each request. ``connect`` gives a connection for a statement, such as ``pool.connection``: with
    row-level security, one that acts for this request's user. ``most_keys`` bounds one statement.
    """

    def __init__(self, connect: Connect, *, most_keys: int = 1000) -> None:
        if most_keys < 1:
            raise ValueError("a statement asks for at least one key")
        self._connect = connect
        self._most_keys = most_keys
        self._loaders: dict[Source[Any], _DataLoader] = {}

    async def load(self, source: Source[Answer], key: Key) -> Answer:
        """The answer to one key, together with those that are asked for at the same time."""
        line = line_of(source, key)
        if line is None:
            return source.answers((), 1)[0]
        answer: Answer = await self._loader(source).load(line)
        return answer

    async def load_many(self, source: Source[Answer], keys: Iterable[Key]) -> list[Answer]:
        """The answers to keys, in their order."""
        loader = self._loader(source)
        lines = [line_of(source, key) for key in keys]
        found = iter(await asyncio.gather(*(loader.load(line) for line in lines if line is not None)))
        return [source.answers((), 1)[0] if line is None else next(found) for line in lines]

    def clear(self, source: Source[Any], key: Key) -> None:
        """Forget an answer, after writing what it was made of."""
        line = line_of(source, key)
        if line is not None:
            self._loader(source).clear(line)

    def _loader(self, source: Source[Any]) -> "_DataLoader":
        loader = self._loaders.get(source)
        if loader is None:

            async def answers(lines: list[bytes]) -> list[Any]:
                async with self._connect() as connection:
                    info = connection.info
                    steps = asked(source, lines, self._most_keys, (info.host, info.port, info.dbname))
                    return await drive_async(steps, connection)

            loader = self._loaders[source] = _data_loader(answers, self._most_keys)
        return loader


class _DataLoader(Protocol):
    def load(self, key: bytes, /) -> Awaitable[Any]: ...

    def clear(self, key: bytes, /) -> Any: ...  # noqa: ANN401 - one of them returns itself


def _data_loader(answers: Callable[[list[bytes]], Coroutine[Any, Any, list[Any]]], most_keys: int) -> _DataLoader:
    try:
        from aiodataloader import DataLoader  # noqa: PLC0415 - an extra
    except ImportError:
        pass
    else:
        loader: _DataLoader = DataLoader(answers, max_batch_size=most_keys)
        return loader
    try:
        from strawberry.dataloader import DataLoader as StrawberryLoader  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ImportError("AsyncLoader needs a DataLoader: pip install 'pgclinic-runtime[loader]'") from error
    strawberry: _DataLoader = StrawberryLoader(answers, max_batch_size=most_keys)
    return strawberry
