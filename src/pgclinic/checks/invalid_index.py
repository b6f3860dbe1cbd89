"""An index was never finished: it costs at every write and no query may use it.

What it sees:
    Indexes that PostgreSQL marks invalid and that nobody is building at the moment, most often what a
    CREATE INDEX CONCURRENTLY left behind when it failed; and indexes of partitioned tables that lack the index of a
    partition. Copies that a REINDEX CONCURRENTLY left are left to reindex_leftover.

Why it matters:
    Writes maintain it, queries ignore it, and if it was meant to be unique, nothing is. A migration that says
    IF NOT EXISTS takes it for done.

What to do:
    Drop it concurrently and build it again, or REINDEX INDEX CONCURRENTLY. For a partitioned table build the missing
    partitions' indexes and attach them.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Index
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.indexes import is_left_behind
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies import drop_index

FAMILY = "indexes"
NEEDS = ("indexes",)


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """Unfinished indexes, in the order of the catalog."""
    for index in snapshot.indexes:
        if index.is_valid or index.is_being_built or is_left_behind(index):
            continue
        yield Finding(
            check="invalid_index",
            severity=Severity.WARNING,
            object=ObjectName("index", index.name, index.schema),
            summary=(
                "The index {index} of {table} lacks the index of at least one partition, so no query may use it."
                if index.is_partitioned
                else "The index {index} of {table} was never finished: writes pay for it and no query may use it."
            ),
            advice=(
                "Create the missing indexes on the partitions and attach them."
                if index.is_partitioned
                else "Drop {index} concurrently and build it again."
            ),
            facts=(
                Fact("index", index.name, Unit.TEXT),
                Fact("table", str(index.definition.relation), Unit.TEXT),
                Fact("size", index.bytes or 0, Unit.BYTES),
                Fact("sql", index.sql, Unit.TEXT),
            ),
            burden=1 / len(snapshot.indexes),
            remedy=None if _has_a_duty(index) else drop_index.remedy(index),
        )


def _has_a_duty(index: Index) -> bool:
    is_part = index.is_partitioned or index.parent is not None
    return is_part or bool(index.constraint) or index.is_primary or index.is_exclusion or index.is_replica_identity
