"""The time, by two clocks that may disagree; the simulation of a day has its own."""

import functools
import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is, how much has gone by, and waiting."""

    def now(self) -> str:
        """The time of day, ISO 8601 in UTC; somebody may set it."""

    def steady(self) -> float:
        """Seconds since some moment; nobody sets it."""

    def wait(self, seconds: float, until: threading.Event) -> bool:
        """Wait so long, less when the event comes; whether it came."""


_STEADY = functools.partial(time.clock_gettime, getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
"""Linux stops its monotonic clock while the machine sleeps; a server elsewhere does not sleep with it."""


class SystemClock:
    """This machine's."""

    def now(self) -> str:
        """As the protocol says."""
        return datetime.now(UTC).isoformat()

    def steady(self) -> float:
        """As the protocol says."""
        return _STEADY()

    def wait(self, seconds: float, until: threading.Event) -> bool:
        """As the protocol says."""
        return until.wait(seconds)
