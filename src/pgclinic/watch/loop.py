"""Many targets watched by one process: who is due is looked at by a small pool of threads."""

import heapq
import itertools
import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from types import TracebackType
from typing import NamedTuple, Self

from pgclinic.model.watching import Sample
from pgclinic.watch.clock import Clock
from pgclinic.watch.keeper import Keeper
from pgclinic.watch.listener import Listener
from pgclinic.watch.sampler import unreachable
from pgclinic.watch.watcher import Sighting, Watcher

MOST_THREADS = 32
"""Looks at the same time. A look takes milliseconds, and a server that does not answer a few seconds."""

_FLUSH_SECONDS = 1.0
_LONGEST_WAIT = 1.0
_LOG = logging.getLogger(__name__)


class _Shift(NamedTuple):
    """Until when a target is watched, and what is to be called then."""

    until: float
    done: Callable[[], object]


class Loop:
    """Looks at every watcher's target in its time, tells the listeners, and has the samples kept."""

    def __init__(
        self,
        watchers: Sequence[Watcher],
        keeper: Keeper,
        clock: Clock,
        *,
        listeners: Sequence[Listener] = (),
        executor: Callable[[int], Executor] = ThreadPoolExecutor,
    ) -> None:
        self.looks = 0
        self.gaps = Counter[str]()
        self._watchers = dict(enumerate(watchers))
        self._shifts: dict[int, _Shift] = {}
        self._keeper = keeper
        self._clock = clock
        self._listeners = listeners
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._lookers = executor(min(MOST_THREADS, len(watchers) or MOST_THREADS))
        self._writer = executor(1)
        self._flushing: Future[None] | None = None
        self._flushed_at = 0.0
        self._numbers = itertools.count(len(watchers))
        begin = clock.steady()
        # Spread over the interval, so that many targets do not all come at once.
        shares = enumerate(watchers)
        self._due = [(begin + each.interval * number / len(watchers), number) for number, each in shares]
        heapq.heapify(self._due)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Wait for the looks under way, write what they saw, and let go of everything."""
        self.stop()
        self._lookers.shutdown(wait=True)
        self._writer.shutdown(wait=True)
        for number in list(self._shifts):
            self._end_shift(number)
        for each in self._watchers.values():
            each.close()
        self._keeper.close()

    def stop(self) -> None:
        """Have ``run`` return soon; from any thread."""
        self._stop.set()

    def add(self, watcher: Watcher, seconds: float, done: Callable[[], object]) -> None:
        """Watch one more target for a while, from any thread; ``done`` is called when all that was seen is kept.

        Where the loop ends sooner, so does the while.
        """
        now = self._clock.steady()
        with self._lock:
            number = next(self._numbers)
            self._watchers[number] = watcher
            self._shifts[number] = _Shift(now + seconds, done)
            heapq.heappush(self._due, (now, number))

    def end_shifts(self) -> None:
        """End every while that ``add`` began, from any thread; what is seen later is of another watcher."""
        with self._lock:
            for number, shift in self._shifts.items():
                self._shifts[number] = shift._replace(until=0.0)
            idle = [number for _, number in self._due if number in self._shifts]
            self._due = [each for each in self._due if each[1] not in self._shifts]
            heapq.heapify(self._due)
        for number in idle:
            self._writer.submit(self._end_shift, number)

    def run(self, seconds: float | None = None) -> None:
        """Watch until stopped, or for so many seconds."""
        end = None if seconds is None else self._clock.steady() + seconds
        while not self._stop.is_set():
            now = self._clock.steady()
            if end is not None and now >= end:
                return
            self._begin_looks(now)
            self._begin_flush(now)
            with self._lock:
                next_due = self._due[0][0] if self._due else now + _LONGEST_WAIT
            pause = min(next_due - now, _LONGEST_WAIT, *(() if end is None else (end - now,)))
            self._clock.wait(max(pause, 0.0), self._stop)

    def _begin_looks(self, now: float) -> None:
        while True:
            with self._lock:
                if not self._due or self._due[0][0] > now:
                    return
                due, number = heapq.heappop(self._due)
            self._lookers.submit(self._look, due, number)

    def _begin_flush(self, now: float) -> None:
        """From a thread of its own: a locked store must not make the looks late."""
        if now - self._flushed_at >= _FLUSH_SECONDS and (self._flushing is None or self._flushing.done()):
            self._flushed_at = now
            self._flushing = self._writer.submit(self._keeper.flush)

    def _look(self, due: float, number: int) -> None:
        watcher = self._watchers[number]
        try:
            self._keeper.prepare(watcher)
            sighting = watcher.look(late=max(0.0, self._clock.steady() - due))
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are watched on, and the gap is explained
            _LOG.exception("A look at %s failed.", watcher.name)
            reason = f"pgclinic failed: {type(error).__name__}; see its log."
            sighting = Sighting(unreachable(watcher.name, self._clock.now(), reason))
        self._keeper.put(sighting, watcher.handover())
        with self._lock:
            self.looks += 1
            self.gaps[sighting.sample.gap] += 1
        self._tell(sighting.sample)
        following = self._next(due, watcher)
        with self._lock:
            shift = self._shifts.get(number)
            if shift is None or following <= shift.until:
                heapq.heappush(self._due, (following, number))
                return
        self._writer.submit(self._end_shift, number)

    def _end_shift(self, number: int) -> None:
        """Everything kept, and left to whoever comes next."""
        with self._lock:
            shift, watcher = self._shifts.pop(number), self._watchers.pop(number)
        try:
            self._keeper.leave(watcher)
        finally:
            watcher.close()
            shift.done()

    def _tell(self, sample: Sample) -> None:
        for listener in self._listeners:
            try:
                listener.heard(sample)
            except Exception:  # noqa: BLE001 - as the protocol promises
                _LOG.exception("A listener failed at a sample of %s.", sample.target)

    def _next(self, due: float, watcher: Watcher) -> float:
        """The next moment of the watcher's own grid that is still to come."""
        pause = watcher.pause
        late = max(0.0, self._clock.steady() - due)
        return due + pause * (1 + int(late // pause))
