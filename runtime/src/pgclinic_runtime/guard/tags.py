"""Comments at the end of statements that say who sends them, as https://google.github.io/sqlcommenter/spec/ has it.

``pgclinic checkup`` shows the route of a statement whose text came with one.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import quote

from pgclinic_runtime.guard.telemetry import traceparent

Tags = Mapping[str, str | None]
_current: ContextVar[Callable[[], Tags] | None] = ContextVar("pgclinic_tags", default=None)


@contextmanager
def tagged(tags: Tags | Callable[[], Tags], *, with_trace: bool = False) -> Iterator[None]:
    """Statements sent within carry ``tags`` (``route``, ``framework``, ``controller`` …), asked for at each statement.

    ``with_trace`` adds the current span's ``traceparent``: then every text is another one, and drivers prepare none.
    """

    def now() -> Tags:
        given = tags() if callable(tags) else tags
        return {**given, "traceparent": traceparent()} if with_trace else given

    token = _current.set(now)
    try:
        yield
    finally:
        _current.reset(token)


def comment(tags: Tags) -> str:
    """The comment, with a space before it; empty without tags."""
    parts = sorted(f"{quote(key, safe='')}='{quote(value, safe='')}'" for key, value in tags.items() if value)
    return f" /*{','.join(parts)}*/" if parts else ""


def comment_for(statement: str) -> str:
    """The comment for a statement that is being sent; empty where it has one already, as the specification asks."""
    tags = _current.get()
    return "" if tags is None or "/*" in statement or "--" in statement else comment(tags())
