"""When each turn of a measured run is begun: as fast as sessions take them, or at fixed moments."""

import random
import threading
from collections.abc import Iterator, Sequence
from itertools import count
from math import inf
from time import monotonic

from pgclinic.model.workload import Task
from pgclinic.workload.latencies import Samples

Turn = tuple[Task, int]
Turns = list[Turn] | Iterator[Turn]


def turns_of(tasks: Sequence[Task], repeat: int | None, seed: int) -> Turns:
    """What is played, in a random order that the seed decides: a list, or without ``repeat`` an endless stream."""
    order = random.Random(f"{seed}/order")  # noqa: S311 - a reproducible order, no secret
    if repeat is not None:
        turns = [(task, turn) for task in tasks for turn in range(max(1, round(repeat * task.weight)))]
        order.shuffle(turns)
        return turns
    return _endless(tasks, order)


def _endless(tasks: Sequence[Task], order: random.Random) -> Iterator[Turn]:
    turns = {task.name: count() for task in tasks}
    weights = [task.weight for task in tasks]
    while True:
        task = order.choices(tasks, weights)[0]
        yield task, next(turns[task.name])


def portion(turns: Turns, number: int, of: int) -> Turns:
    """One of so many equal parts of a list, counted from 0; an endless stream goes on where it was left."""
    if isinstance(turns, list):
        return turns[number * len(turns) // of : (number + 1) * len(turns) // of]
    return turns


class Schedule:
    """Hands out turns, each once: as fast as they are taken, or at ``rate`` a second. It begins with its making.

    Sessions share it. Turns end with their list, with ``seconds``, or with ``stop``.
    """

    def __init__(self, turns: Turns, *, rate: float | None, seconds: float | None) -> None:
        self.total = len(turns) if isinstance(turns, list) else None
        self.handed_out = 0
        self._turns = enumerate(turns)
        self._rate = rate
        self.seconds = None if seconds is None else max(1, int(seconds))
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._started = self._ended = monotonic()
        self._deadline = self._started + (inf if seconds is None else seconds)

    @property
    def elapsed(self) -> float:
        """Seconds from the beginning to the last turn's end."""
        return self._ended - self._started

    def is_over(self, *, grace: float = 0.0) -> bool:
        """Whether the time is up, and so many seconds more."""
        return self._stop.is_set() or monotonic() > self._deadline + grace

    def stop(self) -> None:
        """Hand out nothing more."""
        self._stop.set()

    def next(self) -> tuple[Turn, float] | None:
        """The next turn and how many seconds ago it was due (0 in closed loop); waits until it is. None at the end."""
        with self._lock:
            if self.is_over():
                return None
            drawn = next(self._turns, None)
        if drawn is None:
            return None
        number, turn = drawn
        self.handed_out = number + 1
        if self._rate is None:
            return turn, 0.0
        due = self._started + number / self._rate
        if due >= self._deadline or self._stop.wait(max(0.0, due - monotonic())):
            return None
        return turn, max(0.0, monotonic() - due)

    def ended(self) -> None:
        """A turn has ended just now."""
        self._ended = monotonic()

    def not_begun(self) -> list[Samples]:
        """Tasks that were due before the end and that no session had time for, with how long each had waited."""
        waited: dict[str, Samples] = {}
        if self._rate is None:
            return []
        for number, (task, _) in self._turns:
            due = self._started + number / self._rate
            if due >= min(self._deadline, self._ended):
                break
            samples = waited.setdefault(task.name, Samples(task.name))
            samples.calls += 1
            samples.errors += 1
            samples.times_ms.append(1000 * (self._ended - due))
        return list(waited.values())
