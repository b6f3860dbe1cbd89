"""Rows lie in the default partition, where no condition leads past them.

What it sees:
    Default partitions of tables partitioned by range that hold at least `min_rows` rows. A default partition of a list
    may be meant for "all others": there it is information, from `most` of the table's rows on.

Why it matters:
    Conditions on the key seldom exclude the default partition, so every statement reads it too. A new partition for a
    range that has rows in there cannot be made before they are moved, under a lock on the whole table.

What to do:
    Detach the default partition, create the partitions that are missing, insert its rows into the table again, and
    attach an empty one.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, table_object
from pgclinic.sql.partitions import is_default, key_of

FAMILY = "partitions"
NEEDS = ("relations", "table_counters")


def examine(snapshot: Snapshot, *, min_rows: int = 100, most: float = 0.5) -> Iterator[Finding]:
    """Default partitions in use, in the order of the catalog."""
    for partition in snapshot.relations:
        parent = snapshot.relation_by_oid.get(partition.parents[0]) if partition.parents else None
        if not partition.is_partition or parent is None or not is_default(partition.partition_bound):
            continue
        key = key_of(parent.partition_key or "")
        rows, all_rows = known_rows(snapshot, partition), known_rows(snapshot, parent)
        is_by_range = key is not None and key.strategy == "range"
        if rows < min_rows or (not is_by_range and rows < most * all_rows):
            continue
        yield Finding(
            check="rows_in_default_partition",
            severity=Severity.NOTICE if is_by_range else Severity.INFO,
            object=table_object(partition),
            summary="The default partition {partition} holds {rows} of the {all_rows} rows of {table}.",
            advice="Create the partitions that are missing, and move these rows into them.",
            facts=(
                Fact("partition", str(partition.relation_name), Unit.TEXT),
                Fact("table", str(parent.relation_name), Unit.TEXT),
                Fact("rows", rows, provenance=Provenance.ESTIMATED),
                Fact("all_rows", all_rows, provenance=Provenance.ESTIMATED),
            ),
            burden=rows / all_rows,
        )
