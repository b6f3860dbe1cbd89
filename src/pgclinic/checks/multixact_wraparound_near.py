"""Old multixact ids are not being cleared away: the server would have to stop accepting row locks.

What it sees:
    The age of the oldest multixact id of the database: a warning from `warning_age` on, if that is also well past
    autovacuum_multixact_freeze_max_age, where PostgreSQL itself begins to clear; critical from `critical_age` on.

Why it matters:
    A multixact id stands for several transactions that lock one row, as foreign keys do all the time. They run out at
    about two billion like transaction ids, and then statements that need a new one fail. This state caps the grade.

What to do:
    Find what holds vacuum back: an old transaction, a prepared one, an autovacuum that is cancelled again and again.
    Then VACUUM (FREEZE) the oldest tables first.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.settings import known
from pgclinic.model.snapshot import Snapshot

FAMILY = "storage"
NEEDS = ("multixacts", "table_multixacts", "settings")
_LAST = 2**31


def examine(
    snapshot: Snapshot,
    *,
    warning_age: int = 600_000_000,
    critical_age: int = 1_500_000_000,
    overdue_factor: float = 1.5,
) -> Iterator[Finding]:
    """The database, when its oldest multixact id is too old."""
    age = snapshot.database_counters.multixact_age if snapshot.database_counters else None
    expected = overdue_factor * (known(snapshot, "autovacuum_multixact_freeze_max_age") or 0)
    if age is None or age < min(critical_age, max(warning_age, expected)):
        return
    aged = [relation for relation in snapshot.relations if relation.multixact_age is not None]
    oldest = max(aged, key=lambda relation: (relation.multixact_age or 0, relation.oid), default=None)
    yield Finding(
        check="multixact_wraparound_near",
        severity=Severity.CRITICAL if age >= critical_age else Severity.WARNING,
        object=ObjectName("database", snapshot.server.database),
        summary="The oldest multixact id is {age} ids old, {share} of the way to a standstill.",
        advice="Find what holds vacuum back, then VACUUM (FREEZE) the oldest tables first, {oldest} before all.",
        facts=(
            Fact("age", age),
            Fact("share", age / _LAST, Unit.RATIO),
            Fact("oldest", str(oldest.relation_name) if oldest else "system catalogs", Unit.TEXT),
        ),
        burden=min(age / _LAST, 1),
    )
