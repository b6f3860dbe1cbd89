"""Two indexes of a table are the same but for their names.

What it sees:
    Valid indexes of one table with equal method, keys, operator classes, collations, order, included columns and
    condition. Of each group the one with a duty (a constraint, replication, clustering) or else the first by name
    stays; each other one is a finding, from `min_bytes` on.

Why it matters:
    Every write pays twice, and the second one never makes a query faster.

What to do:
    Drop the index that the finding names, concurrently. If it belongs to a constraint that repeats another one, drop
    that constraint.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Index, IndexDefinition
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies import drop_index

FAMILY = "indexes"
NEEDS = ("indexes", "constraints")


def examine(snapshot: Snapshot, *, min_bytes: int = 131_072) -> Iterator[Finding]:
    """The superfluous index of each pair, in the order of the catalog."""
    all_bytes = sum(index.bytes or 0 for index in snapshot.indexes)
    referred = {key.index for key in snapshot.constraints if key.kind == "f"}
    groups: dict[tuple[int, IndexDefinition, bool], list[Index]] = {}
    for index in snapshot.indexes:
        if index.is_valid and index.parent is None:
            groups.setdefault((index.relation, *_identity(index)), []).append(index)
    for group in groups.values():
        kept, *others = sorted(group, key=lambda index: (*_expendability(index, referred), index.name))
        for index in others:
            size = index.bytes or 0
            if size < min_bytes or _enforce_different_things(kept, index):
                continue
            yield Finding(
                check="duplicate_index",
                severity=Severity.NOTICE,
                object=ObjectName("index", index.name, index.schema),
                summary="The index {index} of {table} repeats {kept} and takes {size}.",
                advice="Drop the constraint {index}." if index.constraint else "Drop {index} and keep {kept}.",
                facts=(
                    Fact("index", index.name, Unit.TEXT),
                    Fact("table", str(index.definition.relation), Unit.TEXT),
                    Fact("kept", kept.name, Unit.TEXT),
                    Fact("size", size, Unit.BYTES),
                    Fact("sql", index.sql, Unit.TEXT),
                ),
                burden=size / all_bytes,
                remedy=None if index.constraint or index.is_partitioned else drop_index.remedy(index),
            )


def _identity(index: Index) -> tuple[IndexDefinition, bool]:
    """What must be equal: all that a query could tell apart. Whether it is unique it could not."""
    definition = index.definition
    plain = IndexDefinition(
        definition.relation, definition.keys, definition.method, tuple(sorted(definition.include)), definition.predicate
    )
    return plain, index.is_exclusion


def _enforce_different_things(one: Index, other: Index) -> bool:
    """Two unique indexes may still differ in NULLS NOT DISTINCT, which only the deparsed text shows."""
    both_unique = one.definition.is_unique and other.definition.is_unique
    return both_unique and one.sql.partition(" USING ")[2] != other.sql.partition(" USING ")[2]


def _expendability(index: Index, referred: set[int | None]) -> tuple[bool, ...]:
    """Sorts first what must stay."""
    return (
        index.oid not in referred,
        not index.is_primary,
        not index.constraint,
        not index.is_replica_identity,
        not index.definition.is_unique,
        not index.is_clustered,
    )
