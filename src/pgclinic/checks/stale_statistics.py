"""Much of a table has changed since the planner last learnt about it.

What it sees:
    Tables of at least `min_rows` rows of which at least `changed_share` was inserted, updated or deleted since the last
    ANALYZE, more than `overdue_factor` times what autovacuum would have analysed them at, and that was at
    least `min_seconds` ago. When the last ANALYZE was is not known after a reset of the counters; then it is silent.

Why it matters:
    The planner expects the numbers and values of then. It takes a range that has grown for empty and a state that has
    emptied for full, and chooses joins and indexes by that.

What to do:
    ANALYZE the table. If it happens again, see why autovacuum does not come: it is switched off, kept away by locks,
    or has too much else to do. Jobs that change much should end with ANALYZE.
"""

from collections.abc import Iterator

from pgclinic.model.counters import TableCounters
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.sessions import seconds_since
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, stored, table_object
from pgclinic.model.vacuuming import analyze_threshold
from pgclinic.remedies import analyze

FAMILY = "storage"
NEEDS = ("table_counters", "settings")


def examine(
    snapshot: Snapshot,
    *,
    changed_share: float = 0.3,
    overdue_factor: float = 2,
    min_rows: int = 10_000,
    min_seconds: float = 3_600,
) -> Iterator[Finding]:
    """Tables with old statistics, in the order of the catalog."""
    all_rows = sum(known_rows(snapshot, table) for table in stored(snapshot))
    for table in stored(snapshot):
        counters = snapshot.counters_of.get(table.oid)
        rows = known_rows(snapshot, table)
        analysed = _last(counters) if counters else None
        if counters is None or analysed is None or rows < min_rows:
            continue
        changed = counters.n_mod_since_analyze
        is_overdue = changed > overdue_factor * analyze_threshold(snapshot, table)
        if not is_overdue or changed < changed_share * rows or seconds_since(snapshot, analysed) < min_seconds:
            continue
        yield Finding(
            check="stale_statistics",
            severity=Severity.NOTICE,
            object=table_object(table),
            summary="{changed} rows of {table}, which has {rows}, changed since it was analysed {age} ago.",
            advice="ANALYZE {table}, and see why autovacuum does not.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("changed", changed),
                Fact("rows", rows, provenance=Provenance.ESTIMATED),
                Fact("age", seconds_since(snapshot, analysed), Unit.SECONDS),
            ),
            burden=rows / all_rows,
            remedy=analyze.remedy(table, counters),
        )


def _last(counters: TableCounters) -> str | None:
    return max((moment for moment in (counters.last_analyze, counters.last_autoanalyze) if moment), default=None)
