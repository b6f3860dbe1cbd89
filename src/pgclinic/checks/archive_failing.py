"""WAL cannot be archived.

What it sees:
    With archive_mode on, an archiver whose last failure came after its last success, and no longer ago than
    `recent_seconds`: the server tries again every minute, so an older failure is over.

Why it matters:
    Point-in-time recovery ends where archiving stopped. WAL that is not archived stays in pg_wal until the disk is full
    and the server stops. This state caps the grade.

What to do:
    Read the archiver's errors in the server's log: a full or missing target, rights, credentials. Archiving
    catches up by itself once the command succeeds.
"""

from collections.abc import Iterator

from pgclinic.model.clock import seconds_between
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.sessions import seconds_since
from pgclinic.model.snapshot import Snapshot

FAMILY = "replication"
NEEDS = ("archiver", "settings")


def examine(snapshot: Snapshot, *, recent_seconds: float = 3_600) -> Iterator[Finding]:
    """The archiver, when it fails."""
    archiver, mode = snapshot.archiver, snapshot.setting.get("archive_mode")
    if archiver is None or archiver.last_failed_at is None or mode is None or mode.value == "off":
        return
    succeeded = archiver.last_archived_at
    if succeeded and seconds_between(archiver.last_failed_at, succeeded) >= 0:
        return
    if seconds_since(snapshot, archiver.last_failed_at) > recent_seconds:
        return
    yield Finding(
        check="archive_failing",
        severity=Severity.CRITICAL,
        object=ObjectName("server", "archiver"),
        summary=(
            "Archiving of WAL has been failing since it last succeeded at {last_archived}; it failed {failed} times."
            if succeeded
            else "Archiving of WAL has never succeeded and failed {failed} times."
        ),
        advice="Read the archiver's errors in the server's log; pg_wal grows until it succeeds.",
        facts=(
            Fact("failed", archiver.failed),
            Fact("archived", archiver.archived),
            Fact("last_failed", archiver.last_failed_at, Unit.TEXT),
            *([Fact("last_archived", succeeded, Unit.TEXT)] if succeeded else []),
        ),
    )
