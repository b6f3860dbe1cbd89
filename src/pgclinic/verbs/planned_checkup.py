"""Examine a snapshot with what only a planner knows: which indexes are missing."""

from collections.abc import Callable, Generator

from pgclinic.advise.aims import Aims
from pgclinic.model.checkup import Checkup
from pgclinic.model.prescription import Course
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.verbs.prescribe import INDEX, prescribe

_QUICK = Aims(most_statements=100, enough_of_workload=0.98, most_plans=5_000)
"""What the heaviest statements lack, within seconds; the rest is for ``prescribe``. Counted plans, no clock."""


def planned_checkup(
    snapshot: Snapshot, examine: Callable[[Snapshot, Course | None], Generator[Progress, None, Checkup]]
) -> Generator[Progress, None, Checkup]:
    """``examine(snapshot, course)`` with the indexes that the heaviest statements lack, where any was counted."""
    if not snapshot.statements:
        return (yield from examine(snapshot, None))
    course = yield from prescribe(snapshot, aims=_QUICK, kinds=(INDEX,))
    return (yield from examine(snapshot, course))
