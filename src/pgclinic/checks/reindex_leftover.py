"""A REINDEX CONCURRENTLY was interrupted and left its copy of an index behind.

What it sees:
    Invalid indexes that nobody is building, under the name that PostgreSQL gives the copies of REINDEX CONCURRENTLY
    (`…_ccnew`, `…_ccold`). Valid indexes of such a name are somebody's own.

Why it matters:
    The index that was to be rebuilt is still there and works. Its copy takes disk, and writes may go on maintaining
    it although no query may use it.

What to do:
    Drop the copy concurrently, and run REINDEX CONCURRENTLY again: it begins anew.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.indexes import is_left_behind
from pgclinic.model.indexes import size as bytes_of
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies import drop_index

FAMILY = "indexes"
NEEDS = ("indexes",)


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """Copies left behind, in the order of the catalog."""
    for index in snapshot.indexes:
        if not is_left_behind(index):
            continue
        is_part = index.is_partitioned or index.parent is not None
        enforces = bool(index.constraint) or index.is_primary or index.is_exclusion or index.is_replica_identity
        yield Finding(
            check="reindex_leftover",
            severity=Severity.NOTICE,
            object=ObjectName("index", index.name, index.schema),
            summary="The index {index} of {table} was left by a REINDEX CONCURRENTLY that did not come to its end.",
            advice="Drop {index} concurrently.",
            facts=(
                Fact("index", index.name, Unit.TEXT),
                Fact("table", str(index.definition.relation), Unit.TEXT),
                Fact("size", bytes_of(snapshot, index), Unit.BYTES),
                Fact("sql", index.sql, Unit.TEXT),
            ),
            burden=1 / len(snapshot.indexes),
            remedy=None if is_part or enforces else drop_index.remedy(index),
        )
