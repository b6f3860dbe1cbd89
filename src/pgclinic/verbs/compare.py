"""Compare two visits of one database: snapshots, reports of checkups, or a live server as the second."""

from collections.abc import Generator
from pathlib import Path

import msgspec

from pgclinic.grading.between import difference
from pgclinic.grading.between.counting import is_same_place
from pgclinic.model.checkup import Checkup
from pgclinic.model.clock import seconds_between
from pgclinic.model.configuration import NOTHING_SET, Configuration
from pgclinic.model.difference import Difference
from pgclinic.model.errors import UserError
from pgclinic.model.files import read_limited
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.report.checkup_reading import decode
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.targets import Live, SnapshotFile, examined

_LARGEST_REPORT = 256 << 20


class Side(msgspec.Struct, frozen=True):
    """A checkup, and the snapshot that it was made from; None for a report."""

    checkup: Checkup
    snapshot: Snapshot | None = None


def compare(
    before: Live | SnapshotFile, after: Live | SnapshotFile, *, configuration: Configuration = NOTHING_SET
) -> Generator[Progress, None, Difference]:
    """What lies between two visits. Snapshots are examined with the thresholds of ``configuration``.

    Raises UserError for two different databases, for visits in the wrong order, and for files that are neither.
    """
    earlier = yield from _side(before, configuration)
    later = yield from _side(after, configuration)
    _demand_one_database(earlier.checkup, later.checkup)
    _demand_order(earlier.checkup, later.checkup)
    return difference(earlier.checkup, later.checkup, earlier.snapshot, later.snapshot)


def _side(target: Live | SnapshotFile, configuration: Configuration) -> Generator[Progress, None, Side]:
    if isinstance(target, SnapshotFile) and _is_report(target.path):
        yield Progress("Reading the report")
        return Side(decode(read_limited(target.path, "report", _LARGEST_REPORT), str(target.path)))
    snapshot = yield from examined(target)
    return Side((yield from checkup(snapshot, configuration=configuration)), snapshot)


def _is_report(path: Path) -> bool:
    """A snapshot file is gzipped; a report begins with a brace, perhaps after white space."""
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip()[:1] == b"{"
    except OSError as error:
        raise UserError(f"Cannot read {path}: {error.strerror or error}.") from error


def _demand_one_database(before: Checkup, after: Checkup) -> None:
    """One that was renamed is still the same where it can be identified; a copy of the same name is said to be one."""
    one, other = before.server, after.server
    is_identified = bool(one.system_identifier and one.database_oid and other.system_identifier and other.database_oid)
    if one.database != other.database and not (is_identified and is_same_place(one, other)):
        raise UserError(
            f"The visits were to different databases, {one.database} and {other.database}; "
            "compare two visits of the same one."
        )


def _demand_order(before: Checkup, after: Checkup) -> None:
    try:
        seconds = seconds_between(before.header.clock, after.header.clock)
    except ValueError as error:
        raise UserError(f"One of the visits does not say when it was made ({error}); collect it again.") from None
    if seconds < 0:
        raise UserError("The first visit was made after the second; give the earlier one first.")
