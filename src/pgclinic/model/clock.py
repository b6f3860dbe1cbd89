"""Spans between the times in a snapshot, which are ISO 8601 texts. Nothing here asks what time it is."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgclinic.model.snapshot import Snapshot

DAY = 86_400
"""Seconds."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = len("2000-01-01")
_AT_LEAST = {"day": 1, "week": 7, "month": 31, "year": 366}
"""Days after the first of a unit on which the next has begun, and the one after it has not."""


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one time to another, negative when they are the other way round.

    Raises ValueError for a text that is not a time with a date; without a zone it is read as UTC.
    """
    return (_moment(later) - _moment(earlier)).total_seconds()


def position(text: str) -> float:
    """Seconds from 1970 to a time or to the beginning of a date, in UTC. Raises ValueError for any other text."""
    return (_moment(text if len(text) > _DATE else f"{text} 00:00:00") - _EPOCH).total_seconds()


def written(seconds: float) -> str:
    """The time at so many seconds from 1970, in UTC, to the microsecond. Raises ValueError past the year 9999."""
    try:
        return (_EPOCH + timedelta(seconds=seconds)).isoformat(sep=" ")
    except OverflowError as error:
        raise ValueError(f"no time: {seconds}") from error


def beginnings(low: float, high: float, unit: str, *, most: int) -> tuple[str, ...]:
    """The first day of every ``day``, ``week``, ``month`` or ``year`` from that of ``low`` to the first after ``high``.

    ``low`` and ``high`` are seconds from 1970; the days are as ISO 8601. Raises ValueError for more of them than
    ``most``, and past the year 9999.
    """
    if (high - low) / DAY > most * _AT_LEAST[unit]:
        raise ValueError(f"more than {most}")
    try:
        day = (_EPOCH + timedelta(seconds=low)).replace(hour=0, minute=0, second=0, microsecond=0)
        day = _first(day, unit)
        found = [day]
        while (found[-1] - _EPOCH).total_seconds() <= high:
            found.append(_first(found[-1] + timedelta(days=_AT_LEAST[unit]), unit))
    except OverflowError as error:
        raise ValueError(f"no time: {high}") from error
    return tuple(day.date().isoformat() for day in found)


def _first(day: datetime, unit: str) -> datetime:
    match unit:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)
    return day


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
    if parsed is None or len(text) <= _DATE:
        raise ValueError(f"not an ISO 8601 time: {text!r}")
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
