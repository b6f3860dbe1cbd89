"""How long to wait before trying again, and when to stop. Pure."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Retries:
    """Waits double from ``first`` to ``longest`` seconds; a server away for ``seconds`` fails groups."""

    first: float = 0.05
    longest: float = 5.0
    seconds: float = 60.0

    def __post_init__(self) -> None:
        """Refuse waits that would never grow, or never end."""
        if not 0 < self.first <= self.longest or self.seconds < 0:
            raise ValueError("the first wait is positive and no longer than the longest; no time is negative")

    def delay(self, attempt: int, chance: float) -> float:
        """Seconds before attempt ``attempt`` (the first retry is 0: at once). ``chance`` in [0, 1) spreads clients."""
        if attempt == 0:
            return 0.0
        return float(min(self.first * 2.0 ** min(attempt - 1, 60), self.longest)) * (0.5 + chance / 2)


@dataclass(slots=True)
class Outage:
    """For how long nothing has been written, by the caller's monotonic clock."""

    retries: Retries
    since: float | None = field(default=None, init=False)

    def is_too_long(self, now: float, *, forever: bool) -> bool:
        """Another attempt has failed: whether its group has, too. ``forever``: there is a spool, so there is time."""
        if self.since is None:
            self.since = now
        return not forever and now - self.since >= self.retries.seconds

    def end(self) -> None:
        """Something was written."""
        self.since = None
