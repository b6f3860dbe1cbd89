"""Spans between the times in a snapshot, which are ISO 8601 texts. Nothing here asks what time it is."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgclinic.model.snapshot import Snapshot

DAY = 86_400
"""Seconds."""


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one time to another, negative when they are the other way round.

    Raises ValueError for a text that is not a time with a date; without a zone it is read as UTC.
    """
    return (_moment(later) - _moment(earlier)).total_seconds()


def seconds_counted(snapshot: "Snapshot") -> float | None:
    """How long the server has counted scans: since the statistics' reset, or at least since it was started."""
    counters = snapshot.database_counters
    since = (counters.stats_reset if counters else None) or snapshot.server.started_at
    return seconds_between(since, snapshot.header.clock) if since else None


def seconds_later(clock: str, seconds: int) -> str:
    """The time so many seconds after another one, as ISO 8601. Raises ValueError as ``seconds_between`` does."""
    return (_moment(clock) + timedelta(seconds=seconds)).isoformat()


def _moment(text: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        parsed = None
    if parsed is None or len(text) <= len("2000-01-01"):
        raise ValueError(f"not an ISO 8601 time: {text!r}")
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
