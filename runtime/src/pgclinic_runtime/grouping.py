"""When a group of rows is full: by count, by bytes, or by age. Policy only: no clock, no thread, no connection.

Both the sync and the async writer ask it, and tests ask it with a clock of their own.
"""

from dataclasses import dataclass
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


class Group(Generic[Rows]):
    """Rows that wait to be written together, given some at a time. Times are seconds of any monotonic clock.

    Whoever gives it rows may be interrupted by an exception at any instant: they are then in, or not.
    """

    __slots__ = ("_given", "limits")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        # Each with the count of rows and bytes up to it and when the first came: one append says all.
        self._given: list[tuple[Rows, int, int, float]] = []

    @property
    def given(self) -> list[Rows]:
        """What was given, in order."""
        return [some for some, _, _, _ in self._given]

    @property
    def rows(self) -> int:
        """How many are in."""
        return self._given[-1][1] if self._given else 0

    @property
    def bytes(self) -> int:
        """How large they are together."""
        return self._given[-1][2] if self._given else 0

    def add(self, some: Rows, count: int, size: int, now: float) -> None:
        """Take ``count`` rows of ``size`` bytes in; the caller sees to it that they are not too many."""
        _, rows, size_before, begun = self._given[-1] if self._given else (None, 0, 0, now)
        self._given.append((some, rows + count, size_before + size, begun))

    def is_full(self, now: float) -> bool:
        """Whether the group is to be written now; it is when a row larger than the limit is in it."""
        return bool(self._given) and (
            self.rows >= self.limits.rows or self.bytes >= self.limits.bytes or self.waits(now) <= 0
        )

    def waits(self, now: float) -> float:
        """Seconds until its age makes the group full; infinite while it is empty."""
        return self._given[-1][3] + self.limits.seconds - now if self._given else float("inf")
