"""Much of what is read is not in PostgreSQL's memory.

What it sees:
    Pages that statements asked for (of pg_stat_statements, so without loading, index building and vacuum; where it is
    not installed, all that the database counted), at least `min_pages` of them. Reading every page of the database
    once is warming up and does not count. Of the rest, the share found in shared_buffers is below `target`; below
    `poor` it is a warning.

Why it matters:
    A page that is not there comes from the operating system at best and from the disk at worst, a hundred to ten
    thousand times slower. Often it is not the memory that is too small but a statement that reads far too much.

What to do:
    Cure sequential scans first. If the share stays low, look at shared_buffers (a quarter of the memory is a usual
    start) and at whether the part of the data in daily use fits.
"""

from collections.abc import Iterator

from pgclinic.model.counters import DatabaseCounters
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.counted import counted

FAMILY = "settings"
NEEDS = ("database_counters",)


def examine(
    snapshot: Snapshot, *, target: float = 0.95, poor: float = 0.90, min_pages: int = 100_000
) -> Iterator[Finding]:
    """The database, when it misses too often."""
    counters = snapshot.database_counters
    if counters is None:
        return
    asked, read = _pages(snapshot, counters)
    missed = read - (counters.size_bytes or 0) // snapshot.server.block_size
    if asked < min_pages or missed <= (1 - target) * asked:
        return
    hit = 1 - missed / asked
    yield Finding(
        check="low_cache_hit",
        severity=Severity.WARNING if hit < poor else Severity.NOTICE,
        object=ObjectName("database", snapshot.server.database),
        summary="Only {hit} of the pages asked for were in shared_buffers; {target} is usual.",
        advice="Cure sequential scans first, then look at shared_buffers.",
        facts=(
            Fact("hit", hit, Unit.RATIO),
            Fact("target", target, Unit.RATIO),
            Fact("pages_asked", asked),
            Fact("pages_read", read),
            *_shared_buffers(snapshot),
        ),
        burden=min(2 * (1 - hit), 1),
    )


def _shared_buffers(snapshot: Snapshot) -> tuple[Fact, ...]:
    """The setting counts pages."""
    setting = snapshot.setting.get("shared_buffers")
    return (Fact("shared_buffers", int(setting.value) * snapshot.server.block_size, Unit.BYTES),) if setting else ()


def _pages(snapshot: Snapshot, counters: DatabaseCounters) -> tuple[int, int]:
    """Pages asked for, and those of them that were not in shared_buffers."""
    workload = counted(snapshot.statements)
    if workload.shared_blks:
        return workload.shared_blks, workload.shared_blks_read
    return counters.blks_hit + counters.blks_read, counters.blks_read
