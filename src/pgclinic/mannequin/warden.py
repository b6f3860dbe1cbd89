"""Ends what outlives its statement timeout on the mannequin: a user's function may catch the cancel and go on."""

import contextlib
import threading
from typing import Self

import psycopg

_LOOK_SECONDS = 5.0

_END = """
    select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
    where usename = %s and state = 'active'
        and pg_catalog.clock_timestamp() - query_start > pg_catalog.make_interval(secs => %s)
"""


class Warden:
    """Looks every few seconds, as the superuser, at what ``role`` runs. Use as a context manager."""

    def __init__(self, conninfo: str, role: str, seconds: float) -> None:
        self._conninfo = conninfo
        self._role = role
        self._seconds = seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="pgclinic-mannequin-warden", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(min(_LOOK_SECONDS, self._seconds)):
            # When the server is gone there is nothing left to end.
            with contextlib.suppress(psycopg.Error), psycopg.connect(self._conninfo, autocommit=True) as connection:
                connection.execute(_END, [self._role, self._seconds])
