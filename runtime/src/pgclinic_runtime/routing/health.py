"""Which replica may be read from, and which first. Policy only; times are seconds of a monotonic clock."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from pgclinic_runtime.breaker import Breaker
from pgclinic_runtime.position import Position


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is asked of a replica, in seconds.

    ``lag`` is the most that it may be behind the primary, ``check`` the time between two looks at each server,
    ``answer`` how long a look may take before the server counts as hung, ``open`` how long a read waits for a
    connection to a replica. A replica that failed is left alone for ``back_off``, doubled up to ``longest_back_off``.
    """

    lag: float = 5.0
    check: float = 1.0
    answer: float = 3.0
    open: float = 1.0
    back_off: float = 0.5
    longest_back_off: float = 30.0

    def __post_init__(self) -> None:
        """Refuse bounds that no server keeps."""
        if min(self.lag, self.check, self.answer, self.open, self.back_off) <= 0:
            raise ValueError("the bounds of routing are positive numbers of seconds")


@dataclass(slots=True)
class History:
    """Where the primary was at which time, so that a replica's LSN tells how far it is behind in seconds.

    (``now() - pg_last_xact_replay_timestamp()`` grows on an idle server and is wrong while its receiver is cut off.)
    """

    samples: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=600))
    timeline: tuple[int, int] | None = None

    def add(self, asked: float, position: Position, spacing: float = 0.05) -> None:
        """The primary, asked at ``asked``, answered ``position``: whatever was committed by then lies before it."""
        timeline = (position.system, position.timeline)
        if timeline != self.timeline:
            self.samples.clear()
            self.timeline = timeline
        if not self.samples or (asked >= self.samples[-1][0] + spacing and position.lsn >= self.samples[-1][1]):
            self.samples.append((asked, position.lsn))

    def covered(self, position: Position) -> float | None:
        """The latest time up to which ``position`` has everything; None when that is not known."""
        if (position.system, position.timeline) != self.timeline:
            return None
        for asked, lsn in reversed(self.samples):
            if lsn <= position.lsn:
                return asked
        return None

    def lag(self, position: Position) -> float:
        """Seconds behind the last that was seen of the primary; infinite when unknown.

        While the primary cannot be reached it does not grow: a replica that had everything still has.
        """
        covered = self.covered(position)
        return float("inf") if covered is None else self.samples[-1][0] - covered

    def age(self, position: Position, now: float) -> float:
        """Seconds by which what is read at ``position`` may be out of date at most; infinite when unknown."""
        covered = self.covered(position)
        return float("inf") if covered is None else max(0.0, now - covered)


@dataclass(slots=True)
class Health:
    """What is known of one server.

    ``lag`` is how many seconds it was behind when it was last looked at, ``checking_since`` when the look began that is
    under way, ``answered`` when it last answered a look or a reader.
    """

    breaker: Breaker
    lag: float = float("inf")
    checking_since: float | None = None
    answered: float = float("-inf")

    def is_answering(self, now: float, bounds: Bounds) -> bool:
        """Whether it answered somebody not long ago: then a pool that has nothing to lend is busy, not cut off."""
        return now - self.answered <= bounds.answer

    def is_hung(self, now: float, bounds: Bounds) -> bool:
        """Whether a look at it has waited too long for an answer."""
        return self.checking_since is not None and now - self.checking_since > bounds.answer

    def is_usable(self, now: float, bounds: Bounds) -> bool:
        """Whether it answered last time and was not too far behind."""
        return self.lag <= bounds.lag and not self.breaker.is_open and not self.is_hung(now, bounds)


def ranked(replicas: Mapping[str, Health], now: float, bounds: Bounds, turn: int = 0) -> tuple[str, ...]:
    """The replicas that may be read from, the least behind first; those equally behind take turns by ``turn``.

    Lags are known to about the time between two looks: less than two of these is no difference.
    """
    behind = {
        name: health.lag if health.lag > 2 * bounds.check else 0.0
        for name, health in replicas.items()
        if health.is_usable(now, bounds)
    }
    if len(behind) < 2:  # noqa: PLR2004 - nothing to put in order
        return tuple(behind)
    names = sorted(behind)
    first = turn % len(names)
    return tuple(sorted(names[first:] + names[:first], key=behind.__getitem__))
