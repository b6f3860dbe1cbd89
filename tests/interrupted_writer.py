"""A process whose calls of a writer are interrupted by a signal's handler that raises, at random instants.

Arguments: conninfo, a seed, how many calls, a spool's folder or nothing. It prints how many calls were interrupted, and
then the numbers of the rows whose call returned, as ranges; all of them are committed then.
"""

import random
import signal
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import TypeVar

from pgclinic_runtime.batches import Append, BatchWriter, Limits

Returned = TypeVar("Returned")

LONGEST = 4e-4
"""Seconds until a call is interrupted: most calls take less, some are met in their midst."""


class TimeLimitError(Exception):
    pass


class Interruptions:
    """Of one call at a time."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._is_armed = False
        self.count = 0
        signal.signal(signal.SIGALRM, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if self._is_armed:
            self._is_armed = False
            raise TimeLimitError

    def call(self, what: Callable[[], Returned]) -> Returned | None:
        """What it returns; None when it was interrupted."""
        try:
            self._is_armed = True
            signal.setitimer(signal.ITIMER_REAL, self._chance.uniform(1e-6, LONGEST))
            returned = what()
            self._is_armed = False
        except TimeLimitError:
            self.count += 1
            return None
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return returned


def main() -> None:
    conninfo, seed, calls, *spool = sys.argv[1:]
    chance = random.Random(int(seed))
    interruptions = Interruptions(chance)
    target, limits = Append("events", ("number", "text")), Limits(rows=50, seconds=0.01)
    # Little room, so that there is waiting for it too.
    writer = BatchWriter(conninfo, target, limits=limits, most_bytes=3_000, spool=spool[0] if spool else None)
    first, told = 0, []
    with writer:
        for _ in range(int(calls)):
            rows = [(number, "row") for number in range(first, first + chance.choice((1, 1, 7, 90)))]
            first += len(rows)
            write = partial(writer.write, rows[0]) if len(rows) == 1 else partial(writer.write_many, rows)
            if (ticket := interruptions.call(write)) is not None:
                told.append((rows[0][0], first, ticket))
            if told and chance.random() < 0.3:
                interruptions.call(told[-1][-1].result)
            elif chance.random() < 0.1:
                interruptions.call(writer.flush)
        for _ in range(20):
            interruptions.call(writer.close)
    print(interruptions.count)
    for start, stop, ticket in told:
        ticket.result(0)
        print(start, stop)


if __name__ == "__main__":
    main()
