"""Where looks come from: a server that is asked again and again through one connection."""

from collections.abc import Collection
from typing import Protocol

import psycopg

from pgclinic.model.errors import UserError
from pgclinic.model.history import StatementText
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.watching import Observation
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.postgres.watching import disk_free, texts_of, view_states
from pgclinic.watch.observing import observed
from pgclinic.watch.staleness import Staleness


class Source(Protocol):
    """Something that can be looked at. Every question raises UserError where it could not be asked."""

    def ask(self, probes: Collection[str]) -> Snapshot:
        """What these probes see now."""

    def texts(self, query_ids: Collection[str]) -> tuple[StatementText, ...]:
        """What statements say."""

    def close(self) -> None:
        """Let go of the connection."""


class ServerSource:
    """A PostgreSQL server; reads only, and connects anew after whatever went wrong."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._session: psycopg.Connection | None = None
        self._staleness = Staleness()

    def ask(self, probes: Collection[str]) -> Snapshot:
        """As the protocol says."""
        try:
            visit = collect(self._connected(), only=probes)
            while True:
                try:
                    next(visit)
                except StopIteration as end:
                    look: Snapshot = end.value
                    return look
        except (UserError, psycopg.Error) as error:
            raise self._lost(error) from None

    def texts(self, query_ids: Collection[str]) -> tuple[StatementText, ...]:
        """As the protocol says."""
        try:
            return texts_of(self._connected(), query_ids)
        except psycopg.Error as error:
            raise self._lost(error) from None

    def figures(self) -> tuple[Observation, ...]:
        """What no probe sees: free disk, and how old views are; nothing where it cannot be had."""
        try:
            session = self._connected()
            free = disk_free(session)
            stale = self._staleness.observed(view_states(session))
        except (UserError, psycopg.Error):
            return ()
        return stale if free is None else (observed("disk_free_bytes", free), *stale)

    def close(self) -> None:
        """As the protocol says."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _connected(self) -> psycopg.Connection:
        if self._session is None or self._session.closed:
            self._session = open_session(self._conninfo)
        return self._session

    def _lost(self, error: UserError | psycopg.Error) -> UserError:
        self.close()
        if isinstance(error, UserError):
            return error
        reason = (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")
        return UserError(f"The server did not answer: {reason}; it is tried again.")
