"""ANALYZE keeps far too little, or far too much, about every column.

What it sees:
    default_statistics_target below `low` (a notice) or above `high` (only said). Its default is 100.

Why it matters:
    With few common values and few histogram bounds the planner guesses. With thousands it plans each statement
    more slowly, and ANALYZE reads 300 times as many rows of every table.

What to do:
    Set it back to 100, and raise it only for the columns that need it: ALTER TABLE … ALTER COLUMN … SET STATISTICS.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import Remedy
from pgclinic.model.settings import known, place
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies import alter_system

FAMILY = "settings"
NEEDS = ("settings",)


def examine(snapshot: Snapshot, *, low: int = 50, high: int = 1_000) -> Iterator[Finding]:
    """The setting, when it is extreme."""
    target = known(snapshot, "default_statistics_target")
    if target is None or low <= target <= high:
        return
    yield Finding(
        check="extreme_statistics_target",
        severity=Severity.NOTICE if target < low else Severity.INFO,
        object=ObjectName("setting", "default_statistics_target"),
        summary="default_statistics_target is {target}; 100 is usual.",
        advice="Set it back to 100 {place}, and raise it only for the columns that need it.",
        facts=(Fact("target", target), place(snapshot)),
        burden=1 - target / low if target < low else 0.5,
        remedy=_remedy(snapshot) if target < low else None,
    )


def _remedy(snapshot: Snapshot) -> Remedy | None:
    return alter_system.remedy_on(snapshot, snapshot.setting["default_statistics_target"], "100")
