"""Seeing everything that later verbs need of one database, in one read-only visit."""

from collections.abc import Generator

from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session


def snapshot(conninfo: str, *, values: bool = True, redacted: bool = False) -> Generator[Progress, None, Snapshot]:
    """Visit the database.

    Without ``values``, no sampled value and no literal of a definition comes along; ``redacted``, no constant and no
    comment of a statement.

    Raises UserError when there is no connection, or it breaks.
    """
    yield Progress("Connecting")
    with open_session(conninfo) as connection:
        return (yield from collect(connection, values=values, redacted=redacted))
