"""A statement is quick most of the time and very slow some of the time.

What it sees:
    Statements called at least `min_calls` times with at least `notable_share` of all time, whose times deviate by at
    least `min_deviation` times their mean, the slowest of at least `slow_ms` and `far_off` times the mean. It is
    information: pg_stat_statements keeps no more than mean, deviation and extremes.

Why it matters:
    The mean looks well while some users wait. The usual reasons: another plan for rare or common values, waiting for a
    lock, pages that were not in memory, or a few values with very many rows.

What to do:
    Log the slow calls with their plan (auto_explain with log_min_duration, log_lock_waits) and compare with a quick
    one. A plan that is wrong for some values: better statistics, or `plan_cache_mode = force_custom_plan`.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.asked import notable

FAMILY = "statements"
NEEDS = ("statements",)


def examine(
    snapshot: Snapshot,
    *,
    min_calls: int = 200,
    notable_share: float = 0.02,
    min_deviation: float = 3,
    slow_ms: float = 100,
    far_off: float = 20,
) -> Iterator[Finding]:
    """Statements whose time cannot be foreseen, the heaviest first."""
    for statement in notable(snapshot, notable_share, min_calls):
        counted = statement.counted
        if counted.stddev_ms < min_deviation * counted.mean_ms:
            continue
        if counted.max_ms < max(slow_ms, far_off * counted.mean_ms):
            continue
        yield Finding(
            check="unsteady_statement",
            severity=Severity.INFO,
            object=statement.object,
            summary="A statement takes {mean} on average and up to {max}; it deviates by {deviation}.",
            advice="Log its slow calls with their plan and compare them with a quick one.",
            facts=(
                *statement.facts,
                Fact("max", counted.max_ms, Unit.MILLISECONDS),
                Fact("deviation", counted.stddev_ms, Unit.MILLISECONDS),
            ),
            burden=statement.share,
        )
