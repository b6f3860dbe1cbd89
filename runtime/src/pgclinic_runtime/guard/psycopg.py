"""psycopg's part: cursors that count what they send and say who sends it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from pgclinic_runtime.guard.tags import comment_for
from pgclinic_runtime.guard.watching import sent

AnyConnection = TypeVar("AnyConnection", bound=psycopg.Connection[Any] | psycopg.AsyncConnection[Any])
AnyCursor = psycopg.Cursor[Any] | psycopg.AsyncCursor[Any]


class _Guarding:
    """Comes before a cursor's class; sync and async methods alike hand on what the class returns."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:  # noqa: ANN401 - as psycopg's
        return super().execute(_noted(self, query, params), params, **options)  # type: ignore[misc]

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> Any:  # noqa: ANN401 - as psycopg's
        return super().executemany(_noted(self, query, ()), params_seq, **options)  # type: ignore[misc]

    def stream(self, query: Any, params: Any = None, **options: Any) -> Any:  # noqa: ANN401 - as psycopg's
        return super().stream(_noted(self, query, params), params, **options)  # type: ignore[misc]


def guard(connection: AnyConnection) -> AnyConnection:
    """Let the connection's cursors count and tag; returns it. For pools: ``ConnectionPool(…, configure=guard)``."""
    factory: type[AnyCursor] = connection.cursor_factory
    if not issubclass(factory, _Guarding):
        connection.cursor_factory = type(f"Guarded{factory.__name__}", (_Guarding, factory), {})
    return connection


async def guard_async(connection: psycopg.AsyncConnection[Any]) -> None:
    """As ``guard``, for ``AsyncConnectionPool(…, configure=guard_async)``."""
    guard(connection)


@contextmanager
def counting_all() -> Iterator[None]:
    """Count what every psycopg cursor of the process sends, whoever made it (Django, SQLAlchemy); for tests."""
    kinds: tuple[type[Any], ...] = (psycopg.Cursor, psycopg.AsyncCursor)
    names = ("execute", "executemany", "stream")
    originals = [(kind, name, getattr(kind, name)) for kind in kinds for name in names]
    for kind, name, original in originals:
        setattr(kind, name, _counting(original))
    try:
        yield
    finally:
        for kind, name, original in originals:
            setattr(kind, name, original)


def _counting(original: Any) -> Any:  # noqa: ANN401 - a method of either kind of cursor
    def method(self: Any, query: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as psycopg's
        if not isinstance(self, _Guarding):
            sent(_text(self, query))
        return original(self, query, *arguments, **options)

    return method


def _noted(cursor: Any, query: Any, params: Any) -> Any:  # noqa: ANN401 - as psycopg's
    text = _text(cursor, query)
    sent(text)
    comment = comment_for(text)
    if not comment or not isinstance(query, (str, bytes, sql.Composable)):
        return query
    if params is not None and not isinstance(cursor, (psycopg.RawCursor, psycopg.AsyncRawCursor)):
        comment = comment.replace("%", "%%")  # a placeholder's sign otherwise
    if isinstance(query, bytes):
        return query + comment.encode()
    return text + comment


def _text(cursor: Any, query: Any) -> str:  # noqa: ANN401 - as psycopg's
    if isinstance(query, str):
        return query
    if isinstance(query, sql.Composable):
        return query.as_string(cursor)
    return query.decode(errors="replace") if isinstance(query, bytes) else repr(query)
