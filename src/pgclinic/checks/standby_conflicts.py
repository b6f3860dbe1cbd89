"""Queries on this standby are cancelled so that replay can go on.

What it sees:
    Where the visited server is a standby: statements of this database that were cancelled because of replay, at least
    `min_conflicts` and `per_day` a day on average. Less than a day of counting is taken for a day.

Why it matters:
    Users see "canceling statement due to conflict with recovery". Mostly vacuum on the primary has cleared rows that
    the query here still wanted to read.

What to do:
    Set hot_standby_feedback here, if the primary can afford to keep those rows; or raise max_standby_streaming_delay,
    if replay may wait; or send long reports elsewhere.
"""

from collections.abc import Iterator

from pgclinic.model.clock import DAY
from pgclinic.model.evidence import Fact
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.sessions import counted_seconds
from pgclinic.model.snapshot import Snapshot

FAMILY = "replication"
NEEDS = ("standby", "database_counters", "checkpoints")


def examine(snapshot: Snapshot, *, min_conflicts: int = 10, per_day: float = 5) -> Iterator[Finding]:
    """The database on the standby, when its queries are cancelled often."""
    seconds = counted_seconds(snapshot)
    if snapshot.standby is None or seconds is None:
        return
    conflicts = sum(snapshot.standby.conflicts.values())
    rate = conflicts / max(seconds / DAY, 1)
    if conflicts < min_conflicts or rate < per_day:
        return
    yield Finding(
        check="standby_conflicts",
        severity=Severity.NOTICE,
        object=ObjectName("database", snapshot.server.database),
        summary="Replay cancelled {conflicts} statements on this standby, {rate} a day.",
        advice="Set hot_standby_feedback or raise max_standby_streaming_delay, whichever hurts less.",
        facts=(
            Fact("conflicts", conflicts),
            Fact("rate", rate),
            *(Fact(reason, count) for reason, count in sorted(snapshot.standby.conflicts.items()) if count),
        ),
        burden=rate / (rate + 20 * per_day),
    )
