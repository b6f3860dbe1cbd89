"""More tables wait for autovacuum than it has workers.

What it sees:
    Autovacuum is on, and tables of at least `min_rows` rows each hold more than `overdue_factor` times the dead rows at
    which it should have come to them: at least `min_tables` of them, and more than autovacuum_max_workers.

Why it matters:
    Each table alone would look like a mishap (see autovacuum_behind). Many at once mean that the workers cannot do the
    work that the applications make: they are too few, or the pauses that they have to make are too long.

What to do:
    Give each worker more to do between its pauses first: raise autovacuum_vacuum_cost_limit to 1000 or more, which only
    needs a reload. All workers share that limit, so more of them alone make each slower.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.settings import is_off, known, place
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, stored
from pgclinic.model.vacuuming import is_switched_off, vacuum_threshold

FAMILY = "settings"
NEEDS = ("table_counters", "settings")


def examine(
    snapshot: Snapshot, *, min_tables: int = 5, overdue_factor: float = 2, min_rows: int = 10_000
) -> Iterator[Finding]:
    """The setting, when the work outgrows it."""
    switch, workers = snapshot.setting.get("autovacuum"), known(snapshot, "autovacuum_max_workers")
    if switch is None or is_off(switch) or workers is None:
        return
    tables = [table for table in stored(snapshot) if known_rows(snapshot, table) >= min_rows]
    overdue = [
        table
        for table in tables
        if table.oid in snapshot.counters_of
        and not is_switched_off(table)
        and snapshot.counters_of[table.oid].n_dead_tup > overdue_factor * vacuum_threshold(snapshot, table)
    ]
    if len(overdue) < min_tables or len(overdue) <= workers:
        return
    limit = known(snapshot, "autovacuum_vacuum_cost_limit") or -1
    yield Finding(
        check="autovacuum_too_slow",
        severity=Severity.NOTICE,
        object=ObjectName("setting", "autovacuum_vacuum_cost_limit"),
        summary="{overdue} tables wait for autovacuum, which has {workers} workers.",
        advice="Raise autovacuum_vacuum_cost_limit, which is {limit}, to 1000 or more {place}.",
        facts=(
            Fact("overdue", len(overdue)),
            Fact("workers", workers),
            place(snapshot),
            Fact("limit", limit if limit > 0 else known(snapshot, "vacuum_cost_limit") or 200),
        ),
        burden=len(overdue) / len(tables),
    )
