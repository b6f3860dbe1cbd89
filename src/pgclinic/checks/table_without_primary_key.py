"""A table whose rows change has no key to tell them apart by.

What it sees:
    Tables of at least `min_rows` rows with neither a primary key nor a replica identity of their own, of which at least
    `min_changes` rows were updated or deleted since the statistics were reset. Tables that are only appended to are
    left alone.

Why it matters:
    Logical replication refuses to update or delete rows that it cannot identify, online tools such as pg_repack need a
    key, duplicates stay unnoticed, and an application that must change one row searches for it.

What to do:
    Add a primary key. On a large table build a unique index concurrently first, then add the constraint using it.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, stored, table_object

FAMILY = "schema"
NEEDS = ("indexes", "table_counters")


def examine(snapshot: Snapshot, *, min_rows: int = 1_000, min_changes: int = 100) -> Iterator[Finding]:
    """Tables without a key, in the order of the catalog."""
    all_rows = sum(known_rows(snapshot, table) for table in stored(snapshot))
    for table in stored(snapshot):
        rows = known_rows(snapshot, table)
        counters = snapshot.counters_of.get(table.oid)
        if table.kind != "r" or rows < min_rows or counters is None:
            continue
        changes = counters.n_tup_upd + counters.n_tup_del
        if changes < min_changes or _has_a_key(snapshot, table.oid):
            continue
        yield Finding(
            check="table_without_primary_key",
            severity=Severity.NOTICE,
            object=table_object(table),
            summary="{table} has no primary key, and {changes} of its rows were updated or deleted.",
            advice="Add a primary key to {table}.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("rows", rows, provenance=Provenance.ESTIMATED),
                Fact("changes", changes),
            ),
            burden=rows / all_rows,
        )


def _has_a_key(snapshot: Snapshot, oid: int) -> bool:
    return any(index.is_primary or index.is_replica_identity for index in snapshot.indexes_of.get(oid, ()))
