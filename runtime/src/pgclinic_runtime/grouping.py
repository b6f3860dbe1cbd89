"""When a group of rows is full: by count, by bytes, or by age. Policy only: no clock, no thread, no connection.

Both the sync and the async writer ask it, and tests ask it with a clock of their own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Row = TypeVar("Row")


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
class Group(Generic[Row]):
    """Rows that wait to be written together. Times are seconds of any monotonic clock."""

    limits: Limits = field(default_factory=Limits)
    rows: list[Row] = field(default_factory=list)
    bytes: int = 0
    begun: float | None = None

    def add(self, row: Row, size: int, now: float) -> None:
        """Take a row of ``size`` bytes in; a row larger than the limit makes the group full by itself."""
        self.extend((row,), size, now)

    def extend(self, rows: Iterable[Row], size: int, now: float) -> None:
        """Take rows in, of ``size`` bytes together; the caller sees to it that they are not too many."""
        if self.begun is None:
            self.begun = now
        self.rows.extend(rows)
        self.bytes += size

    def is_full(self, now: float) -> bool:
        """Whether the group is to be written now."""
        return bool(self.rows) and (
            len(self.rows) >= self.limits.rows or self.bytes >= self.limits.bytes or self.waits(now) <= 0
        )

    def waits(self, now: float) -> float:
        """Seconds until its age makes the group full; infinite while it is empty."""
        return float("inf") if self.begun is None else self.begun + self.limits.seconds - now

    def taken(self) -> tuple[Row, ...]:
        """The rows, in order; the group is empty afterwards."""
        rows = tuple(self.rows)
        self.rows, self.bytes, self.begun = [], 0, None
        return rows
