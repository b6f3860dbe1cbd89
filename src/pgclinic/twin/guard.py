"""Ends what outlives its statement timeout on the twin: a user's function may catch the cancel and go on."""

import contextlib
import threading
from types import TracebackType

import psycopg

STUCK_SECONDS = 12
"""A statement still running after so long, or up to twice, is ended with its session; longer than the timeout."""


class Guard:
    """Enter it around each statement that may run the snapshot's code.

    A thread of its own looks every few seconds whether the same statement is still running in ``database``.
    ``kills`` counts how often one was.
    """

    def __init__(self, conninfo: str, database: str, *, stuck_seconds: float = STUCK_SECONDS) -> None:
        self.kills = 0
        self._conninfo = conninfo
        self._database = database
        self._stuck_seconds = stuck_seconds
        self._started = 0
        self._ended = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="pgclinic-twin-guard", daemon=True)
        self._thread.start()

    def __enter__(self) -> None:
        self._started += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended = self._started

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        seen = 0
        while not self._stopping.wait(self._stuck_seconds):
            if self._started != self._ended and self._started == seen:
                # When the twin is gone there is nothing left to end.
                with contextlib.suppress(psycopg.Error):
                    self._end_stuck()
            seen = self._started

    def _end_stuck(self) -> None:
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            self.kills += 1
            connection.execute(
                "select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity"
                " where pid <> pg_catalog.pg_backend_pid() and state = 'active' and datname = %s",
                [self._database],
            )
