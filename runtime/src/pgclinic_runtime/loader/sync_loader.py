"""The loader for code without an event loop: keys are gathered by asking for answers later."""

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import psycopg

from pgclinic_runtime.commands import drive
from pgclinic_runtime.loader.asking import Key, asked, distinct, line_of
from pgclinic_runtime.loader.sources import Source

Answer = TypeVar("Answer")


class Later(Generic[Answer]):
    """An answer that was asked for; ``get`` sends all keys that wait for the same source in one statement."""

    __slots__ = ("_line", "_loader", "_source")

    def __init__(self, loader: "Loader", source: Source[Answer], line: bytes | None) -> None:
        self._loader = loader
        self._source = source
        self._line = line

    def get(self) -> Answer:
        """The answer."""
        return self._loader._answer(self._source, self._line)  # noqa: SLF001 - two halves of one thing


class Loader:
    """Answers for one request, on its connection: each key is asked for once, and nobody else sees the answers.

    Make one for each request. ``most_keys`` bounds one statement.
    """

    def __init__(self, connection: psycopg.Connection[Any], *, most_keys: int = 1000) -> None:
        if most_keys < 1:
            raise ValueError("a statement asks for at least one key")
        self._connection = connection
        self._most_keys = most_keys
        self._answers: dict[Source[Any], dict[bytes, Any]] = {}
        self._waiting: dict[Source[Any], list[bytes | None]] = {}

    def later(self, source: Source[Answer], key: Key) -> Later[Answer]:
        """Note a key; it is sent with the others when the first of them is needed."""
        line = line_of(source, key)
        self._waiting.setdefault(source, []).append(line)
        return Later(self, source, line)

    def load(self, source: Source[Answer], key: Key) -> Answer:
        """The answer to one key, together with those that wait."""
        return self.later(source, key).get()

    def load_many(self, source: Source[Answer], keys: Iterable[Key]) -> list[Answer]:
        """The answers to keys, in their order, in one statement."""
        return [later.get() for later in [self.later(source, key) for key in keys]]

    def clear(self, source: Source[Any], key: Key) -> None:
        """Forget an answer, after writing what it was made of."""
        line = line_of(source, key)
        if line is not None:
            self._answers.get(source, {}).pop(line, None)

    def _answer(self, source: Source[Answer], line: bytes | None) -> Answer:
        known: dict[bytes, Answer] = self._answers.setdefault(source, {})
        if line is not None and line not in known:
            lines = [each for each in distinct([*self._waiting.pop(source, ()), line]) if each not in known]
            info = self._connection.info
            steps = asked(source, lines, self._most_keys, (info.host, info.port, info.dbname))
            known.update(zip(lines, drive(steps, self._connection), strict=True))
        return source.answers((), 1)[0] if line is None else known[line]
