"""What time it is for the service: to the minute, so that what is asked in the same minute is the same question."""

from datetime import UTC, datetime

import msgspec


class Clock(msgspec.Struct, frozen=True):
    """The machine's clock, or one that stands still for tests."""

    stands_at: datetime | None = None

    def now(self) -> datetime:
        """In UTC."""
        return (self.stands_at or datetime.now(UTC)).astimezone(UTC).replace(second=0, microsecond=0)
