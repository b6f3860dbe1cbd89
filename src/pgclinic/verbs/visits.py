"""Visits for pages: what was seen, together with what is found in it."""

from collections.abc import Generator

from pgclinic.model.checkup import Checkup
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.targets import Live, SnapshotFile, examined


def visited(target: Live | SnapshotFile) -> Generator[Progress, None, tuple[Snapshot, Checkup]]:
    """What there is to see of the target now, examined. Raises UserError."""
    snapshot = yield from examined(target)
    return snapshot, (yield from checkup(snapshot))
