"""Copies of what lies in Redis, for an instant: what is asked a thousand times a second is fetched a few times."""

import threading

from pgclinic_runtime.cache.entry import Entry
from pgclinic_runtime.cache.memory import size_of


class Near:
    """Each copy serves for ``seconds``, at most ``most_bytes`` together. Times are of any monotonic clock.

    Safe to share between threads.
    """

    def __init__(self, seconds: float, most_bytes: int) -> None:
        self.seconds = seconds
        self.generation = 0
        self._most_bytes = most_bytes
        self._bytes = 0
        self._lock = threading.Lock()
        self._copies: dict[str, tuple[float, Entry]] = {}

    def get(self, key: str, now: float) -> Entry | None:
        """The copy, while it serves."""
        found = self._copies.get(key)
        return found[1] if found is not None and now < found[0] else None

    def put(self, key: str, entry: Entry, now: float, generation: int) -> None:
        """Keep a copy of what was fetched after ``generation`` was looked at: of what came before ``forget``, none."""
        try:
            plain = entry.plain()
        except ValueError:
            return
        with self._lock:
            if generation != self.generation:
                return
            old = self._copies.pop(key, None)
            self._bytes += size_of(key, plain) - (size_of(key, old[1]) if old else 0)
            if self._bytes > self._most_bytes:  # they would be old in an instant anyway
                self._copies.clear()
                self._bytes = size_of(key, plain)
            self._copies[key] = now + self.seconds, plain

    def forget(self) -> None:
        """Something was invalidated."""
        with self._lock:
            self.generation += 1
            self._copies.clear()
            self._bytes = 0
