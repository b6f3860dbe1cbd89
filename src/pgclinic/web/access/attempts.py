"""How often a wrong token may be tried."""

import time
from collections import deque
from collections.abc import Callable
from threading import Lock

_MOST_SENDERS = 10_000


class Attempts:
    """Failures by sender, and of all together, within a window of ``seconds``."""

    def __init__(
        self, *, each: int = 5, all_together: int = 50, seconds: float = 60, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._each, self._all_together, self._seconds, self._clock = each, all_together, seconds, clock
        self._lock = Lock()
        self._failures: deque[tuple[float, str]] = deque(maxlen=_MOST_SENDERS)

    def wait_seconds(self, sender: str) -> float:
        """How long this sender has to wait before the next attempt; 0 for not at all."""
        with self._lock:
            now = self._clock()
            while self._failures and self._failures[0][0] <= now - self._seconds:
                self._failures.popleft()
            own = [moment for moment, name in self._failures if name == sender]
            if len(own) >= self._each:
                return own[0] + self._seconds - now
            if len(self._failures) >= self._all_together:
                return self._failures[0][0] + self._seconds - now
            return 0.0

    def failed(self, sender: str) -> None:
        """One more wrong token."""
        with self._lock:
            self._failures.append((self._clock(), sender))
