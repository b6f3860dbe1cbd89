"""SQLAlchemy's part: an event before each statement, whatever driver is underneath."""

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine

from pgclinic_runtime.guard.tags import comment_for
from pgclinic_runtime.guard.watching import sent


def guard_engine(engine: Engine | AsyncEngine) -> None:
    """Count and tag the statements of an engine; twice does no harm."""
    target = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
    if not event.contains(target, "before_cursor_execute", _before):
        event.listen(target, "before_cursor_execute", _before, retval=True)


def _before(
    connection: Connection,
    _cursor: Any,  # noqa: ANN401 - the driver's
    statement: str,
    parameters: Any,  # noqa: ANN401 - the driver's
    _context: Any,  # noqa: ANN401 - SQLAlchemy's
    _many: bool,  # noqa: FBT001 - SQLAlchemy calls it so
) -> tuple[str, Any]:
    sent(statement)
    comment = comment_for(statement)
    if connection.dialect.paramstyle in {"format", "pyformat"}:
        comment = comment.replace("%", "%%")
    return statement + comment, parameters
