"""How often each statement was sent from each line of code while something was served. Policy only."""

import threading
from collections import Counter
from dataclasses import dataclass

from pgclinic_runtime.guard.places import Place
from pgclinic_runtime.guard.shapes import shape


@dataclass(frozen=True, slots=True)
class Repeated:
    """A statement that one line of code sent again and again."""

    shape: str
    place: Place
    count: int

    def __str__(self) -> str:
        text = self.shape if len(self.shape) <= 300 else f"{self.shape[:300]} …"  # noqa: PLR2004 - a line or three
        return f"{self.count} times from {self.place}: {text}"


class Tally:
    """Counts of one request, or of whatever is watched; threads may share it."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, Place]] = Counter()
        self._lock = threading.Lock()

    def add(self, statement: str, place: Place) -> None:
        """A statement was sent."""
        kind = shape(statement)
        with self._lock:
            self._counts[kind, place] += 1

    @property
    def statements(self) -> int:
        """How many were sent."""
        return self._counts.total()

    @property
    def shapes(self) -> int:
        """How many different ones."""
        return len({kind for kind, _ in self._counts})

    def repeated(self, limit: int) -> tuple[Repeated, ...]:
        """What was sent more than ``limit`` times from one line, the most frequent first."""
        return tuple(
            Repeated(kind, place, count)
            for (kind, place), count in sorted(self._counts.items(), key=lambda item: (-item[1], item[0][0]))
            if count > limit
        )
