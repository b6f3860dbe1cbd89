"""Keys to answers in as few statements as may be. Policy: the drivers of ``commands`` do the talking."""

from collections.abc import Generator, Iterable, MutableMapping, Sequence
from typing import Any, TypeVar

from psycopg import sql

from pgclinic_runtime.columns import Name, column_types
from pgclinic_runtime.commands import Command, Reply, Run
from pgclinic_runtime.encoding import Encoder, arrays, copy_line
from pgclinic_runtime.loader.sources import Source, Types

Answer = TypeVar("Answer")
Key = Any
Place = tuple[Any, Name]
"""A table of a server's database, which is where types are remembered by."""

_encoder = Encoder()
_types: MutableMapping[Place, Types] = {}
_statements: MutableMapping[tuple[Place, Source[Any]], sql.SQL] = {}
"""Written out, which takes longer than most servers take to answer."""
_MOST_STATEMENTS = 1000


def line_of(source: Source[Any], key: Key) -> bytes | None:
    """A key's texts, by which it is known to be the same; None for a key that holds NULL, which nothing equals.

    Raises:
        ValueError: the key has not as many values as the source's key has columns.
    """
    values = (key,) if len(source.keys) == 1 and not isinstance(key, tuple) else key
    texts = _encoder.texts(values, len(source.keys))
    return None if None in texts else copy_line(texts)


def asked(
    source: Source[Answer], lines: Sequence[bytes], most_keys: int, database: object
) -> Generator[Command, Reply, list[Answer]]:
    """The answers to keys that differ, in their order; ``most_keys`` a statement.

    ``database`` tells one database's tables from another's, so that types are asked for once a process.
    """
    place = database, source.table
    if place not in _types:
        _types[place] = yield from column_types(source.table)
    statement = _statement(place, source)
    answers: list[Answer] = []
    for start in range(0, len(lines), most_keys):
        some = lines[start : start + most_keys]
        try:
            rows = yield Run(statement, arrays(b"\n".join((*some, b"")), len(source.keys)))
        except Exception:
            _types.pop(place, None)  # perhaps a migration changed them
            _statements.pop((place, source), None)
            raise
        answers += source.answers(rows, len(some))
    return answers


def _statement(place: Place, source: Source[Any]) -> sql.SQL:
    statement = _statements.get((place, source))
    if statement is None:
        if len(_statements) >= _MOST_STATEMENTS:
            _statements.clear()
        statement = _statements[place, source] = sql.SQL(source.statement(_types[place]).as_string(None))
    return statement


def distinct(lines: Iterable[bytes | None]) -> list[bytes]:
    """Keys once each, in their order, without those that nothing equals."""
    return [line for line in dict.fromkeys(lines) if line is not None]
