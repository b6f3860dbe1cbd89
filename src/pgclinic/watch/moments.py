"""Times as history keeps them: whole microseconds since 1970."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

SECOND = 1_000_000
"""In microseconds."""


def micros(text: str) -> int:
    """An ISO 8601 time, in UTC where it names no zone. Raises ValueError for any other text."""
    moment = datetime.fromisoformat(text)
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


def iso(at: int) -> str:
    """ISO 8601 in UTC."""
    return (_EPOCH + timedelta(microseconds=at)).isoformat()
