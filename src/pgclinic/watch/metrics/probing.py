"""Looking at a target when somebody asks to, with a limit on how long they wait. Each target has an eye of its own."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLateError

from pgclinic.model.watching import Sample
from pgclinic.watch.clock import SystemClock
from pgclinic.watch.source import ServerSource
from pgclinic.watch.watcher import Watcher

PATIENCE_SECONDS = 10.0
_MARGIN = 0.5
"""Seconds that whoever asks needs for the way back."""
_MOST_AT_ONCE = 8


class Prober:
    """Looks at configured targets, given as conninfos by name: one look at a time at each, whoever asks."""

    def __init__(self, targets: Mapping[str, str]) -> None:
        clock = SystemClock()
        self._eyes: dict[str, tuple[Watcher, threading.Lock]] = {}
        for name, conninfo in targets.items():
            source = ServerSource(conninfo)
            self._eyes[name] = (Watcher(name, source, clock, figures=source.figures), threading.Lock())
        self._threads = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="probe")

    def look(self, name: str, seconds: float | None) -> Sample | None:
        """A sample of now; what counters gained is told from the second look on. None where it takes too long.

        Raises KeyError for a name that is not configured.
        """
        watcher, lock = self._eyes[name]
        if not lock.acquire(blocking=False):
            return None
        patience = min(PATIENCE_SECONDS, max(_MARGIN, (seconds or PATIENCE_SECONDS) - _MARGIN))
        looking = self._threads.submit(_looked, watcher, lock)
        try:
            return looking.result(timeout=patience)
        except TooLateError:
            if looking.cancel():
                lock.release()
            return None

    def close(self) -> None:
        """Let go of the targets, once no look is under way."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for watcher, _ in self._eyes.values():
            watcher.close()


def _looked(watcher: Watcher, lock: threading.Lock) -> Sample:
    try:
        return watcher.look().sample
    finally:
        lock.release()
