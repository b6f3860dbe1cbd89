"""Several statements write temporary files that would fit into a little more memory.

What it sees:
    At least `min_statements` statements of pg_stat_statements that write temporary files at each call, at least
    `min_bytes` and at most `modest_bytes`, while work_mem is at most `low_bytes`. It is only said: how much memory the
    server has cannot be seen from SQL, so nobody can tell from here how much is left.

Why it matters:
    A sort or hash that fits costs no disk. Each statement is also looked at on its own by spilling_statement;
    where many spill a little, the setting is the common cause.

What to do:
    Raise work_mem for the roles that run them. Each sort or hash of each session may take that much (hashes times
    hash_mem_multiplier), so think of max_connections before raising it for everyone.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.settings import known
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.counted import counted

FAMILY = "settings"
NEEDS = ("settings", "statements")


def examine(
    snapshot: Snapshot,
    *,
    min_statements: int = 3,
    min_bytes: int = 256 << 10,
    modest_bytes: int = 64 << 20,
    low_bytes: int = 16 << 20,
    min_calls: int = 5,
) -> Iterator[Finding]:
    """The setting, when several statements ask for more; those called fewer than `min_calls` times do not count."""
    work_mem = known(snapshot, "work_mem")
    if work_mem is None or work_mem > low_bytes:
        return
    workload = counted(snapshot.statements)
    spilled = {
        one.fingerprint: one.temp_blks_written / one.calls * snapshot.server.block_size
        for one in workload.statements
        if one.calls >= min_calls
    }
    spilling = [one for one in workload.statements if min_bytes <= spilled.get(one.fingerprint, 0) <= modest_bytes]
    if len(spilling) < min_statements:
        return
    share = sum(one.total_ms for one in spilling) / workload.total_ms if workload.total_ms else 0.0
    yield Finding(
        check="small_work_mem",
        severity=Severity.INFO,
        object=ObjectName("setting", "work_mem"),
        summary="{statements} statements write temporary files of up to {largest}; work_mem is {work_mem}.",
        advice="Raise work_mem for the roles that run them, with the machine's memory in mind.",
        facts=(
            Fact("statements", len(spilling)),
            Fact("largest", max(spilled[one.fingerprint] for one in spilling), Unit.BYTES),
            Fact("work_mem", work_mem, Unit.BYTES),
            Fact("share", share, Unit.RATIO),
        ),
        burden=min(max(share, 0.001), 1),
    )
