"""Pages of this database are damaged.

What it sees:
    Checksum failures that the server counted for this database: pages that were read from disk and were not what had
    been written.

Why it matters:
    The disk, the memory or the file system has changed data. Statements that need those pages fail, and more may be
    damaged than has been read. This state caps the grade.

What to do:
    Make a copy of the files before anything else, and look at the hardware. Find the pages in the server's log or with
    pg_amcheck and pg_checksums, and restore them from a backup or a replica. Rebuild damaged indexes.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot

FAMILY = "replication"
NEEDS = ("database_counters",)


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """The database, when a page of it was damaged."""
    counters = snapshot.database_counters
    if counters is None or not counters.checksum_failures:
        return
    yield Finding(
        check="checksum_failures",
        severity=Severity.CRITICAL,
        object=ObjectName("database", snapshot.server.database),
        summary="{failures} times a page of this database was read whose checksum is wrong.",
        advice="Copy the files first, look at the hardware, and restore the damaged pages from a backup or a replica.",
        facts=(Fact("failures", counters.checksum_failures),),
    )
