"""A statement sorts or hashes more than fits into its memory and writes the rest to disk.

What it sees:
    Statements of pg_stat_statements that write at least `min_bytes` of temporary files for each call, were called
    at least `min_calls` times and take at least `notable_share` of all time.

Why it matters:
    What would be done in memory goes through files and back, often several times, and many sessions doing so at once
    fill the disk's queue.

What to do:
    First see whether an index gives the order, or a condition can come before the sort. If not, raise work_mem for
    the role or the transaction that runs the statement, not for everyone: each sort of each session may take it.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.counted import counted

FAMILY = "statements"
NEEDS = ("statements",)


def examine(
    snapshot: Snapshot, *, min_bytes: int = 1_048_576, min_calls: int = 5, notable_share: float = 0.01
) -> Iterator[Finding]:
    """Statements that spill, the heaviest first."""
    workload = counted(snapshot.statements)
    for statement in workload.statements:
        spilled = statement.temp_blks_written / statement.calls * snapshot.server.block_size
        share = statement.total_ms / workload.total_ms if workload.total_ms else 0.0
        if spilled < min_bytes or statement.calls < min_calls or share < notable_share:
            continue
        yield Finding(
            check="spilling_statement",
            severity=Severity.NOTICE,
            object=ObjectName("statement", statement.fingerprint),
            summary="A statement writes {spilled} of temporary files at each of its {calls} calls.",
            advice="Look for an index that gives the order, or raise work_mem for the role that runs it.",
            facts=(
                Fact("text", statement.text, Unit.TEXT),
                Fact("spilled", spilled, Unit.BYTES),
                Fact("calls", statement.calls),
                Fact("share", share, Unit.RATIO),
                Fact("mean", statement.mean_ms, Unit.MILLISECONDS),
            ),
            burden=min(share, 1),
        )
