"""Checkpoints come because WAL has filled up, not because it is time.

What it sees:
    At least `min_requested` requested checkpoints, more of them than of those that checkpoint_timeout brought, and at
    least `per_hour` of them an hour.

Why it matters:
    Each checkpoint writes every changed page, and after it each page's first change writes the whole page into WAL
    again. Close together, they multiply the writing and make commits slow in waves.

What to do:
    Raise max_wal_size, which needs disk space of that size, and reload the configuration. Checkpoints before each base
    backup or by hand are counted too, so see first whether that explains them.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.sessions import seconds_since
from pgclinic.model.settings import known, place
from pgclinic.model.snapshot import Snapshot

FAMILY = "settings"
NEEDS = ("checkpoints", "settings")
_HOUR = 3600


def examine(snapshot: Snapshot, *, min_requested: int = 20, per_hour: float = 4) -> Iterator[Finding]:
    """The setting, when WAL fills it too quickly."""
    counters, size = snapshot.checkpoints, known(snapshot, "max_wal_size")
    if counters is None or size is None or counters.stats_reset is None or snapshot.server.in_recovery:
        return
    rate = counters.requested / max(seconds_since(snapshot, counters.stats_reset) / _HOUR, 1)
    if counters.requested < min_requested or counters.requested <= counters.timed or rate < per_hour:
        return
    yield Finding(
        check="frequent_checkpoints",
        severity=Severity.NOTICE,
        object=ObjectName("setting", "max_wal_size"),
        summary="{requested} checkpoints were requested, {rate} an hour, and {timed} came in time.",
        advice="Raise max_wal_size from {max_wal_size} {place}, if the disk has room for it.",
        facts=(
            Fact("requested", counters.requested),
            Fact("timed", counters.timed),
            Fact("rate", rate),
            Fact("max_wal_size", size, Unit.BYTES),
            place(snapshot),
        ),
        burden=rate / (rate + 8 * per_hour),
    )
