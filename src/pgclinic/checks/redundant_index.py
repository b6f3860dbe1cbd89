"""An index is the beginning of a longer one that does its work too.

What it sees:
    Valid B-tree indexes without a duty of their own (no uniqueness, constraint, replication, clustering) whose keys
    are the first keys of another valid one on the same table, with equal operator classes, collations, order and
    condition, where the longer one holds all of its included columns and is at most `size_factor` times its size.

Why it matters:
    Every write pays for both, while nearly every query that uses the short one could use the long one.

What to do:
    Drop the short one concurrently and keep its definition; bring it back if statements that read many entries of it
    became slower, because a shorter index is quicker to read from end to end.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Index
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies import drop_index

FAMILY = "indexes"
NEEDS = ("indexes",)


def examine(snapshot: Snapshot, *, size_factor: float = 4, min_bytes: int = 1_048_576) -> Iterator[Finding]:
    """Indexes that a longer one replaces, in the order of the catalog."""
    all_bytes = sum(index.bytes or 0 for index in snapshot.indexes)
    for index in snapshot.indexes:
        size = index.bytes or 0
        if size < min_bytes or _has_a_duty(index):
            continue
        longer = [
            other
            for other in snapshot.indexes_of[index.relation]
            if _covers(other, index) and (other.bytes or 0) <= size_factor * size
        ]
        if not longer:
            continue
        kept = min(longer, key=lambda other: (len(other.definition.keys), other.name))
        yield Finding(
            check="redundant_index",
            severity=Severity.NOTICE,
            object=ObjectName("index", index.name, index.schema),
            summary="The index {index} of {table} is the beginning of {kept} and takes {size}.",
            advice="Drop {index}, keep its definition, and watch the statements that used it.",
            facts=(
                Fact("index", index.name, Unit.TEXT),
                Fact("table", str(index.definition.relation), Unit.TEXT),
                Fact("kept", kept.name, Unit.TEXT),
                Fact("size", size, Unit.BYTES),
                Fact("kept_size", kept.bytes or 0, Unit.BYTES),
                Fact("scans", index.scans or 0),
                Fact("sql", index.sql, Unit.TEXT),
            ),
            burden=size / all_bytes,
            remedy=None if index.is_partitioned else drop_index.remedy(index),
        )


def _has_a_duty(index: Index) -> bool:
    return (
        not index.is_valid
        or index.parent is not None
        or index.definition.method != "btree"
        or index.definition.is_unique
        or bool(index.constraint)
        or index.is_replica_identity
        or index.is_clustered
    )


def _covers(longer: Index, index: Index) -> bool:
    short, long = index.definition, longer.definition
    held = {*long.include, *(key.expression for key in long.keys if key.is_column)}
    return (
        longer.is_valid
        and long.method == "btree"
        and len(long.keys) > len(short.keys)
        and long.keys[: len(short.keys)] == short.keys
        and long.predicate == short.predicate
        and set(short.include) <= held
    )
