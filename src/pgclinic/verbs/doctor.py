"""See whether this machine can plan for a database: programs, room, and a private server started to be sure."""

import os
import shutil
from collections.abc import Generator

from pgclinic.instance import binaries_for, home, machine_memory, server_account, start, survey, sweep
from pgclinic.instance.server import InstanceError
from pgclinic.model.errors import UserError
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.surroundings import Planning, Surroundings
from pgclinic.twin.planner import Twin
from pgclinic.verbs.private import death_in_words

_NOTHING: frozenset[int] = frozenset()


def doctor(snapshot: Snapshot | None = None) -> Generator[Progress, None, Surroundings]:
    """What the machine has, and how it would plan for the database of ``snapshot`` where one is given.

    Raises UserError when the folder for private servers cannot be made.
    """
    yield Progress("looking for PostgreSQL")
    folder = _folder()
    swept = sweep()
    installations = survey()
    chosen = reason = failure = ""
    planning: Planning | None = None
    try:
        binaries = binaries_for(snapshot.server.major if snapshot else _NEWEST)
    except UserError as error:
        failure = str(error)
    else:
        chosen, reason = str(binaries.directory), _reason(binaries.major, snapshot)
        yield Progress(f"starting PostgreSQL {binaries.version}")
        try:
            planning = _tried(snapshot)
        except InstanceError as error:
            failure = str(error)
    account = server_account()
    return Surroundings(
        installations=installations,
        chosen=chosen,
        reason=reason,
        home=folder,
        account=account.name if account.is_other else "",
        failure=failure,
        cores=os.cpu_count() or 1,
        memory=machine_memory(),
        disk_free=shutil.disk_usage(folder).free,
        swept=tuple(map(str, swept)),
        planning=planning,
    )


_NEWEST = 99
"""No target: whatever is newest."""


def _folder() -> str:
    try:
        return str(home())
    except OSError as error:
        raise UserError(
            f"The folder for private servers cannot be made ({error.filename}: {error.strerror}); "
            "set PGCLINIC_CACHE to a folder of your own."
        ) from None


def _tried(snapshot: Snapshot | None) -> Planning | None:
    """Start a private server for nothing but to see that it does; with a snapshot, hold all but its tables."""
    if snapshot is None:
        start(binaries_for(_NEWEST)).stop()
        return None
    with death_in_words("The private server that plans"), Twin(snapshot, relations=_NOTHING, workers=1) as twin:
        return Planning(
            database=snapshot.server.database,
            server_version=snapshot.server.version.partition(" ")[0],
            planned_by=twin.planned_by,
            is_own_major=binaries_for(snapshot.server.major).major == snapshot.server.major,
            lacking=twin.omissions,
        )


def _reason(major: int, snapshot: Snapshot | None) -> str:
    if snapshot is None:
        return "the newest; with a target, the one of its server's major version"
    wanted = snapshot.server.major
    if major == wanted:
        return "the server's own major version"
    return f"the nearest to {wanted}; costs may differ from the server's, so install PostgreSQL {wanted}"
