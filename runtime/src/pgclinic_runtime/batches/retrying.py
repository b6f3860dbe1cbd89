"""How long to wait before trying again, and when to stop. Pure."""

from dataclasses import dataclass, field

import psycopg

from pgclinic_runtime.batches.errors import CommitLostError, GroupFailedError, passes, sentence


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


@dataclass(slots=True)
class Attempts:
    """To write one group. ``is_decided``: whether it is known of all that have failed that they wrote nothing."""

    outage: Outage
    is_decided: bool = field(default=True, init=False)
    _waits: int = field(default=0, init=False)

    def failed(self, error: Exception, now: float, *, forever: bool) -> None:
        """One has; it returns when another is to follow. ``forever`` as ``Outage`` has it.

        Raises:
            GroupFailedError: the error does not pass, or the outage is too long.
        """
        if isinstance(error, CommitLostError):
            self.is_decided = False
        if isinstance(error, psycopg.Error) and not passes(error):
            raise GroupFailedError(sentence(error), is_decided=self.is_decided) from error
        if not passes(error):
            raise error
        if self.outage.is_too_long(now, forever=forever):
            raise GroupFailedError(f"the server is away: {error}", is_decided=self.is_decided) from error

    def wait(self, chance: float) -> float:
        """Seconds before the next one."""
        self._waits += 1
        return self.outage.retries.delay(self._waits - 1, chance)
