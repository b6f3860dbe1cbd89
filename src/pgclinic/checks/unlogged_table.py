"""A table that would be empty after a crash holds data that is kept.

What it sees:
    Unlogged tables of at least `min_rows` rows from which hardly anything is deleted (less than `deleted_share` of what
    is inserted), so that they are no queue and no cache that is cleared. It is only said: what the data is worth
    cannot be seen.

Why it matters:
    Unlogged tables are quick because they are not in WAL. After a crash they are empty, they are empty on every
    standby, and a backup made of WAL does not have them.

What to do:
    If the data cannot be made again, ALTER TABLE … SET LOGGED, which rewrites the table under an exclusive lock.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, stored, table_object

FAMILY = "storage"
NEEDS = ("table_counters", "relations")


def examine(snapshot: Snapshot, *, min_rows: int = 10_000, deleted_share: float = 0.1) -> Iterator[Finding]:
    """Unlogged tables that are kept, in the order of the catalog."""
    for table in stored(snapshot):
        counters = snapshot.counters_of.get(table.oid)
        rows = known_rows(snapshot, table)
        if table.persistence != "u" or counters is None or rows < min_rows:
            continue
        if counters.n_tup_del >= deleted_share * max(counters.n_tup_ins, rows):
            continue
        yield Finding(
            check="unlogged_table",
            severity=Severity.INFO,
            object=table_object(table),
            summary="{table} is unlogged and holds {rows} rows, which would be gone after a crash.",
            advice="Set it LOGGED if its data cannot be made again.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("rows", rows, provenance=Provenance.ESTIMATED),
                Fact("deleted", counters.n_tup_del),
            ),
        )
