"""When to leave something alone that fails, and when to try it again. Policy only; times are of any monotonic clock."""

from dataclasses import dataclass


@dataclass(slots=True)
class Breaker:
    """A circuit breaker with exponential back-off (M. Nygard, Release It!, 2007): open after one failure.

    Calls that were already under way when it opened fail too; they count as the same failure. While it is open, one
    caller at a time is let through to try (``try_again``), and each try doubles the wait up to ``longest_seconds``.
    """

    first_seconds: float = 0.5
    longest_seconds: float = 30.0
    failures: int = 0
    retry_at: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it failed and has not succeeded since."""
        return self.failures > 0

    def failed(self, now: float) -> None:
        """A call failed."""
        if self.failures == 0:
            self._wait(now)

    def succeeded(self) -> None:
        """A call went well: closed again."""
        self.failures = 0

    def try_again(self, now: float) -> bool:
        """Whether the caller is the one to try now; until it succeeds, the next may after twice the wait."""
        if self.failures == 0 or now < self.retry_at:
            return False
        self._wait(now)
        return True

    def _wait(self, now: float) -> None:
        self.retry_at = now + min(self.longest_seconds, self.first_seconds * 2.0 ** min(self.failures, 30))
        self.failures += 1
