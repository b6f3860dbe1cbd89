"""The server's own cache is as small as on the day it was installed, and misses.

What it sees:
    shared_buffers of at most `small_bytes` (its default), a database at least `many_times` larger, and of at least
    `min_pages` pages asked for a share below `target` found in it. Services with a cache
    behind it (Aurora, Neon) are left alone.

Why it matters:
    Each page that is not there costs a system call at best. The default suits the smallest machine that PostgreSQL
    may be installed on.

What to do:
    Set shared_buffers to about a quarter of the machine's memory, which cannot be seen from SQL, and restart. First see
    whether statements read more than they need.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.services import OWN_STORAGE
from pgclinic.model.settings import known
from pgclinic.model.snapshot import Snapshot

FAMILY = "settings"
NEEDS = ("settings", "database_counters", "database_size")


def examine(
    snapshot: Snapshot,
    *,
    small_bytes: int = 128 << 20,
    many_times: float = 8,
    target: float = 0.95,
    min_pages: int = 1_000_000,
) -> Iterator[Finding]:
    """The setting, when it is small for what the database does."""
    counters, buffers = snapshot.database_counters, known(snapshot, "shared_buffers")
    if counters is None or buffers is None or buffers > small_bytes or snapshot.server.service in OWN_STORAGE:
        return
    size, asked = counters.size_bytes or 0, counters.blks_hit + counters.blks_read
    missed = counters.blks_read - size // snapshot.server.block_size
    if size < many_times * buffers or asked < min_pages or missed <= (1 - target) * asked:
        return
    yield Finding(
        check="small_shared_buffers",
        severity=Severity.NOTICE,
        object=ObjectName("setting", "shared_buffers"),
        summary="shared_buffers is {shared_buffers} for a database of {size}, and only {hit} of the pages were in it.",
        advice="Set shared_buffers to about a quarter of the machine's memory, and restart.",
        facts=(
            Fact("shared_buffers", buffers, Unit.BYTES),
            Fact("size", size, Unit.BYTES),
            Fact("hit", 1 - missed / asked, Unit.RATIO),
            Fact("pages_asked", asked),
        ),
        burden=min(2 * missed / asked, 1),
    )
