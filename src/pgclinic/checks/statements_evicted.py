"""pg_stat_statements forgets statements because it has no room for more.

What it sees:
    How often it threw out its least used entries (each time, five in a hundred), on average at least `per_day` times
    a day since its counters were reset. Less than a day of counting is taken for a day.

Why it matters:
    What was thrown out is missing in every report, this one too, and throwing out stops all sessions for a moment.

What to do:
    Raise pg_stat_statements.max (an entry takes a few hundred bytes) and restart. Mostly the cause is statements that
    differ only in names or in the shape of lists: use parameters, arrays instead of IN lists of every length, and no
    temporary tables with generated names.
"""

from collections.abc import Iterator

from pgclinic.model.clock import DAY
from pgclinic.model.evidence import Fact
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.sessions import seconds_since
from pgclinic.model.snapshot import Snapshot

FAMILY = "settings"
NEEDS = ("statements", "statement_history")


def examine(snapshot: Snapshot, *, per_day: float = 1) -> Iterator[Finding]:
    """The setting, when it is too small for the variety of statements."""
    counters = snapshot.database_counters
    if counters is None or not counters.statements_dealloc or counters.statements_reset is None:
        return
    rate = counters.statements_dealloc / max(seconds_since(snapshot, counters.statements_reset) / DAY, 1)
    if rate < per_day:
        return
    yield Finding(
        check="statements_evicted",
        severity=Severity.NOTICE,
        object=ObjectName("setting", "pg_stat_statements.max"),
        summary="pg_stat_statements has room for {most} and threw statements out {evictions} times, {rate} a day.",
        advice="Raise pg_stat_statements.max, and use parameters where statements differ only in names or lists.",
        facts=(
            Fact("evictions", counters.statements_dealloc),
            Fact("rate", rate),
            Fact("most", counters.statements_max or 0),
        ),
        burden=rate / (rate + 100 * per_day),
    )
