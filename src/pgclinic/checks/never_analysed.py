"""A table has never been analysed: the planner guesses.

What it sees:
    Tables and materialized views of at least `min_rows` rows without any statistics about a column and without an
    ANALYZE on record. Where the visitor may not see column statistics, only tables whose row count the
    planner never learnt.

Why it matters:
    Without statistics the planner assumes fixed shares for every condition, and chooses wrong indexes, wrong join
    orders and wrong join methods.

What to do:
    ANALYZE the table. If autovacuum is on and it happens again, something loads the table anew each time: let
    that job end with ANALYZE.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Relation
from pgclinic.model.counters import TableCounters
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, stored, table_object
from pgclinic.remedies import analyze

FAMILY = "storage"
NEEDS = ("table_counters",)


def examine(snapshot: Snapshot, *, min_rows: int = 1_000) -> Iterator[Finding]:
    """Unknown tables, in the order of the catalog."""
    analysed = {row.relation for row in snapshot.column_statistics}
    all_rows = sum(known_rows(snapshot, table) for table in stored(snapshot))
    for table in stored(snapshot):
        counters = snapshot.counters_of.get(table.oid)
        rows = known_rows(snapshot, table)
        if counters is None or rows < min_rows or table.oid in analysed:
            continue
        if not _is_unknown(snapshot, table, counters):
            continue
        yield Finding(
            check="never_analysed",
            severity=Severity.WARNING,
            object=table_object(table),
            summary="{table} with {rows} rows has never been analysed.",
            advice="ANALYZE {table}.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("rows", rows, provenance=Provenance.ESTIMATED),
            ),
            burden=rows / all_rows,
            remedy=analyze.remedy(table, counters),
        )


def _is_unknown(snapshot: Snapshot, table: Relation, counters: TableCounters) -> bool:
    if counters.last_analyze or counters.last_autoanalyze:
        return False
    statistics_are_hidden = any(spot.subject == "column_statistics" for spot in snapshot.blind_spots)
    return table.tuples < 0 or not statistics_are_hidden
