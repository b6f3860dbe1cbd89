"""A few sessions that share out jobs and are stopped together."""

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress

import psycopg

from pgclinic.model.progress import Progress

Connect = Callable[[], psycopg.Connection]
"""Opens a session."""

_POLL_SECONDS = 0.2
_CANCEL_SECONDS = 5


class StoppedError(Exception):
    """Another job failed, or the user stopped it all."""


class Crew:
    """Runs jobs on ``workers`` sessions at a time; the first failure, or an interrupt, cancels all of them."""

    def __init__(self, connect: Connect, *, workers: int = 2) -> None:
        self._connect = connect
        self._workers = workers
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._busy: set[psycopg.Connection] = set()

    @property
    def is_stopped(self) -> bool:
        """Whether a long job should end as soon as it can."""
        return self._stop.is_set()

    def check(self) -> None:
        """Raise StoppedError when it is time to stop."""
        if self.is_stopped:
            raise StoppedError

    @contextmanager
    def session(self) -> Iterator[psycopg.Connection]:
        """A session that is cancelled when the crew is stopped."""
        self.check()
        with self._connect() as connection:
            with self._lock:
                self._busy.add(connection)
            try:
                yield connection
            finally:
                with self._lock:
                    self._busy.discard(connection)

    def share(
        self, jobs: Sequence[Callable[[], None]], state: Callable[[], Progress]
    ) -> Generator[Progress, None, None]:
        """Run every job, saying how things stand a few times a second. Raises what the first failing job raised."""
        with ThreadPoolExecutor(self._workers) as pool:
            waiting: set[Future[None]] = {pool.submit(job) for job in jobs}
            try:
                while waiting:
                    done, waiting = wait(waiting, timeout=_POLL_SECONDS)
                    for future in done:
                        future.result()
                    yield state()
            except BaseException:
                self._stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                # Again and again: a cancel that comes between two statements of a job hits neither.
                while running := [future for future in waiting if not future.done()]:
                    self.cancel()
                    wait(running, timeout=_POLL_SECONDS)
                raise

    def run(self, step: str, texts: Sequence[str]) -> Generator[Progress, None, None]:
        """Run independent SQL statements."""
        finished: list[str] = []

        def job(text: str) -> Callable[[], None]:
            def run_it() -> None:
                with self.session() as connection:
                    connection.execute(text)
                finished.append(text)

            return run_it

        yield from self.share(
            [job(text) for text in texts], lambda: Progress(step=step, done=len(finished), total=len(texts))
        )

    def cancel(self) -> None:
        """Cancel what the sessions are running at this moment."""
        with self._lock:
            for connection in self._busy:
                with suppress(psycopg.Error):  # one that is going away anyway
                    connection.cancel_safe(timeout=_CANCEL_SECONDS)
