"""The workload of a database as a script that can be run: its own statements with real or statistics-drawn values."""

from collections.abc import Generator, Iterable

import msgspec

from pgclinic.advise.whatif import subject_of
from pgclinic.model.errors import UserError
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import Omission, SeenStatement, Workload, WorkloadScript
from pgclinic.workload import from_statements
from pgclinic.workload.from_workload import script_of
from pgclinic.workload.seen import joined

_MOST_NAMED = 3


def replay(
    snapshot: Snapshot, *, seen: Iterable[SeenStatement | Omission] | None = None
) -> Generator[Progress, None, WorkloadScript]:
    """Every statement of pg_stat_statements, or only those ``seen`` in a log, that can be sent with values.

    Values are those that were seen, else drawn from the columns' statistics. What cannot be run is said. Raises
    UserError when nothing can.
    """
    yield Progress("reading the workload")
    if seen is None:
        workload = from_statements.workload_of(snapshot)
    else:
        workload = joined(Workload(statements=(), source="a log"), seen, database=snapshot.server.database)
    valued = tuple(subject_of(statement, snapshot).statement for statement in workload.statements)
    script, omissions = script_of(msgspec.structs.replace(workload, statements=valued))
    if not script.tasks:
        raise UserError(f"No statement of {workload.source} can be run again{_because(omissions)}.")
    if omissions:
        yield Progress("reading the workload", note=f"{len(omissions)} statements are not run{_because(omissions)}")
    return script


def _because(omissions: tuple[Omission, ...]) -> str:
    reasons = list(dict.fromkeys(omission.reason for omission in omissions))
    if not reasons:
        return ""
    more = f", and {len(reasons) - _MOST_NAMED} other reasons" if len(reasons) > _MOST_NAMED else ""
    return f": {'; '.join(reasons[:_MOST_NAMED])}{more}"
