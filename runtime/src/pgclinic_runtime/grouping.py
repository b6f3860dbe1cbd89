"""When a group of rows is full: by count, by bytes, or by age. Policy only: no clock, no thread, no connection.

Both the sync and the async writer ask it, and tests ask it with a clock of their own.
"""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

Rows = TypeVar("Rows")


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a group holds: ``rows``, ``bytes`` together, ``seconds`` since its first row."""

    rows: int = 1000
    bytes: int = 1_000_000
    seconds: float = 0.1

    def __post_init__(self) -> None:
        """Refuse limits under which no group would ever be full, or none could hold a row."""
        if self.rows < 1 or self.bytes < 1 or self.seconds < 0:
            raise ValueError("a group holds at least one row and one byte, and waits no negative time")


@dataclass(slots=True)
class Group(Generic[Rows]):
    """Rows that wait to be written together, given some at a time. Times are seconds of any monotonic clock."""

    limits: Limits = field(default_factory=Limits)
    given: list[Rows] = field(default_factory=list)
    rows: int = 0
    bytes: int = 0
    begun: float | None = None

    def add(self, some: Rows, count: int, size: int, now: float) -> None:
        """Take ``count`` rows of ``size`` bytes in; the caller sees to it that they are not too many."""
        if self.begun is None:
            self.begun = now
        self.given.append(some)
        self.rows += count
        self.bytes += size

    def is_full(self, now: float) -> bool:
        """Whether the group is to be written now; it is when a row larger than the limit is in it."""
        return self.rows > 0 and (
            self.rows >= self.limits.rows or self.bytes >= self.limits.bytes or self.waits(now) <= 0
        )

    def waits(self, now: float) -> float:
        """Seconds until its age makes the group full; infinite while it is empty."""
        return float("inf") if self.begun is None else self.begun + self.limits.seconds - now

    def taken(self) -> list[Rows]:
        """What was given, in order; the group is empty afterwards."""
        given = self.given
        self.given, self.rows, self.bytes, self.begun = [], 0, 0, None
        return given
