"""Transactions of the application lock each other out again and again.

What it sees:
    Deadlocks that the server had to break: at least `min_deadlocks`, and at least `per_day` a day on average; from
    `many_per_day` on it is a warning. Less than a day of counting is taken for a day.

Why it matters:
    Each costs one transaction its work and the other deadlock_timeout of waiting, and users see an error that the
    application did not expect. They become more frequent with the load.

What to do:
    Lock rows in the same order everywhere (order by the key before a batch update), take the strongest lock first, keep
    transactions short, and let the application try again. The server's log names both statements of each.
"""

from collections.abc import Iterator

from pgclinic.model.clock import DAY
from pgclinic.model.evidence import Fact
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.sessions import counted_seconds
from pgclinic.model.snapshot import Snapshot

FAMILY = "connections"
NEEDS = ("database_counters", "checkpoints")


def examine(
    snapshot: Snapshot, *, min_deadlocks: int = 10, per_day: float = 5, many_per_day: float = 100
) -> Iterator[Finding]:
    """The database, when deadlocks are frequent."""
    counters, seconds = snapshot.database_counters, counted_seconds(snapshot)
    if counters is None or seconds is None or counters.deadlocks < min_deadlocks:
        return
    rate = counters.deadlocks / max(seconds / DAY, 1)
    if rate < per_day:
        return
    yield Finding(
        check="frequent_deadlocks",
        severity=Severity.WARNING if rate >= many_per_day else Severity.NOTICE,
        object=ObjectName("database", snapshot.server.database),
        summary="The server had to break {deadlocks} deadlocks, {rate} a day.",
        advice="Lock rows in the same order everywhere; the server's log names the statements.",
        facts=(Fact("deadlocks", counters.deadlocks), Fact("rate", rate)),
        burden=rate / (rate + many_per_day),
    )
