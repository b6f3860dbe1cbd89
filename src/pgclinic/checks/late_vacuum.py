"""Autovacuum waits for a fifth of a huge table to die before it comes.

What it sees:
    Tables that change (at least `min_changes` rows updated or deleted) and where autovacuum comes only at `many_dead`
    dead rows or more, by its parameters for this table and the upper limit that PostgreSQL 18 added; and that have
    not been vacuumed for `seldom_days`.

Why it matters:
    A threshold in proportion to the table suits small tables. On a huge one millions of dead rows pile up before
    anything happens, and then one vacuum takes hours, during which the next ones pile up.

What to do:
    Give the table an autovacuum_vacuum_scale_factor of its own, small enough that vacuum comes often and has little
    to do each time.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Relation
from pgclinic.model.clock import DAY
from pgclinic.model.counters import TableCounters
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.prescription import Remedy
from pgclinic.model.sessions import counted_seconds, seconds_since
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, stored, table_object
from pgclinic.model.vacuuming import is_switched_off, vacuum_threshold
from pgclinic.remedies import set_storage_parameters

FAMILY = "storage"
NEEDS = ("table_counters", "settings", "checkpoints")
_LARGEST_FACTOR = 0.02


def examine(
    snapshot: Snapshot, *, many_dead: int = 2_000_000, min_changes: int = 100_000, seldom_days: float = 3
) -> Iterator[Finding]:
    """Tables that autovacuum comes to too late, in the order of the catalog."""
    all_rows = sum(known_rows(snapshot, table) for table in stored(snapshot))
    for table in stored(snapshot):
        counters = snapshot.counters_of.get(table.oid)
        if counters is None or is_switched_off(table) or counters.n_tup_upd + counters.n_tup_del < min_changes:
            continue
        threshold, rows = vacuum_threshold(snapshot, table), known_rows(snapshot, table)
        if threshold < many_dead or _days(snapshot, counters) < seldom_days:
            continue
        factor = f"{min(_LARGEST_FACTOR, many_dead / 4 / rows):.1g}"
        yield Finding(
            check="late_vacuum",
            severity=Severity.NOTICE,
            object=table_object(table),
            summary="Autovacuum comes to {table} only at {threshold} dead rows; it has {rows} rows.",
            advice="Set autovacuum_vacuum_scale_factor to {factor} for {table}.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("threshold", threshold, provenance=Provenance.ESTIMATED),
                Fact("rows", rows, provenance=Provenance.ESTIMATED),
                Fact("dead", counters.n_dead_tup),
                Fact("factor", factor, Unit.TEXT),
            ),
            burden=rows / all_rows,
            remedy=_remedy(table, factor),
        )


def _days(snapshot: Snapshot, counters: TableCounters) -> float:
    """How long ago the table was last vacuumed; never, as far as the counters reach back."""
    moments = [moment for moment in (counters.last_vacuum, counters.last_autovacuum) if moment]
    seconds = seconds_since(snapshot, max(moments)) if moments else counted_seconds(snapshot)
    return (seconds or 0) / DAY


def _remedy(table: Relation, factor: str) -> Remedy | None:
    """A materialized view is made anew and not vacuumed row by row."""
    return (
        set_storage_parameters.remedy(table, {"autovacuum_vacuum_scale_factor": factor}) if table.kind == "r" else None
    )
