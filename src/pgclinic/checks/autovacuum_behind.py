"""Autovacuum should have come to a table and has not.

What it sees:
    Tables of at least `min_rows` rows whose dead rows are past autovacuum's own threshold for this table (its storage
    parameters before the server's settings, with the upper limit that PostgreSQL 18 added): by `overdue_factor` where
    autovacuum is on, because it may be on its way, or at all where it is switched off for the table. Where it is on, a
    table that was vacuumed less than `grace_seconds` ago is left alone: autovacuum looks round once a minute.

Why it matters:
    Autovacuum that cannot keep up never catches up by itself: the table grows, scans slow down, and the work
    that waits becomes larger.

What to do:
    Switch it on again where it is off. Otherwise see what keeps it: a transaction that was left open, a lock taken
    again and again, too few autovacuum_max_workers, or too strict an autovacuum_vacuum_cost_limit.
"""

from collections.abc import Iterator

from pgclinic.model.counters import TableCounters
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.sessions import seconds_since
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, stored, table_object
from pgclinic.model.vacuuming import is_switched_off, vacuum_threshold

FAMILY = "storage"
NEEDS = ("table_counters", "settings")


def examine(
    snapshot: Snapshot, *, overdue_factor: float = 2, min_rows: int = 10_000, grace_seconds: float = 120
) -> Iterator[Finding]:
    """Tables that wait for autovacuum, in the order of the catalog."""
    all_rows = sum(known_rows(snapshot, table) for table in stored(snapshot))
    for table in stored(snapshot):
        counters = snapshot.counters_of.get(table.oid)
        rows = known_rows(snapshot, table)
        if counters is None or rows < min_rows:
            continue
        threshold = vacuum_threshold(snapshot, table)
        is_off = is_switched_off(table)
        if counters.n_dead_tup <= threshold * (1 if is_off else overdue_factor):
            continue
        if not is_off and _was_vacuumed(snapshot, counters, within=grace_seconds):
            continue
        yield Finding(
            check="autovacuum_behind",
            severity=Severity.WARNING,
            object=table_object(table),
            summary=(
                "Autovacuum is switched off for {table}, which has {dead} dead rows; it would have come at {threshold}."
                if is_off
                else "Autovacuum should have come to {table} at {threshold} dead rows; there are {dead}."
            ),
            advice=(
                "Switch autovacuum on again for {table}."
                if is_off
                else "Look for old transactions, repeated locks and too few or too slow autovacuum workers."
            ),
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("dead", counters.n_dead_tup),
                Fact("threshold", threshold, provenance=Provenance.ESTIMATED),
                Fact(
                    "last_autovacuum",
                    counters.last_autovacuum or "never",
                    Unit.TEXT if counters.last_autovacuum else Unit.PHRASE,
                ),
            ),
            burden=rows / all_rows,
        )


def _was_vacuumed(snapshot: Snapshot, counters: TableCounters, *, within: float) -> bool:
    """Whether anyone vacuumed the table during the last ``within`` seconds before the visit."""
    last = [moment for moment in (counters.last_vacuum, counters.last_autovacuum) if moment]
    return any(seconds_since(snapshot, moment) < within for moment in last)
