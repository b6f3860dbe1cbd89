"""Questions about sessions and spans of time that several rooms ask of a snapshot."""

from typing import TYPE_CHECKING

from pgclinic.model.clock import seconds_between
from pgclinic.model.names import ObjectName

if TYPE_CHECKING:
    from pgclinic.model.activity import Session
    from pgclinic.model.snapshot import Snapshot

OWN_NAME = "pgclinic"
"""The application name of every session of ours."""


def clients(snapshot: "Snapshot") -> "tuple[Session, ...]":
    """The applications' sessions in the visited database, without those of pgclinic."""
    return tuple(
        session
        for session in snapshot.sessions
        if session.kind == "client backend"
        and session.database == snapshot.server.database
        and session.application != OWN_NAME
    )


def seconds_since(snapshot: "Snapshot", moment: str | None) -> float:
    """How long ago this was during the visit, in seconds; 0 for what is not known or came later."""
    return max(seconds_between(moment, snapshot.header.clock), 0.0) if moment else 0.0


def counted_seconds(snapshot: "Snapshot") -> float | None:
    """For how long, at the most, this database's counters have been counting; None when not even that is known.

    A database that was never reset does not say so; then they are no older than those of the server's own processes,
    which begin with the statistics file.
    """
    database, checkpoints = snapshot.database_counters, snapshot.checkpoints
    since = (database.stats_reset if database else None) or (checkpoints.stats_reset if checkpoints else None)
    return seconds_since(snapshot, since) if since else None


def owner_of(session: "Session") -> ObjectName:
    """Who keeps opening such sessions: the application by its name, else the role, else the server's own process."""
    if session.application:
        return ObjectName("application", session.application)
    return ObjectName("role", session.role) if session.role else ObjectName("process", session.kind)
