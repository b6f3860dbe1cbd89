"""An index is full of entries for rows in which there is nothing to find.

What it sees:
    B-tree indexes of at least `min_bytes` without a condition, whose columns are all null together in at least
    `null_share` of the rows, and whose scans read fewer rows on average than are null, so that it is the others that
    are asked for. Unique indexes are left out. Mere information: whether something asks for the nulls themselves,
    with a LIMIT, only the statements tell.

Why it matters:
    Each row is entered although nobody looks for most of them: a larger index, and writes that could have gone past
    it.

What to do:
    Build it with `where … is not null` beside the old one, and drop the old one.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Index
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.indexes import size as bytes_of
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows

FAMILY = "indexes"
NEEDS = ("indexes", "column_statistics")


def examine(snapshot: Snapshot, *, null_share: float = 0.9, min_bytes: int = 10_000_000) -> Iterator[Finding]:
    """Indexes that could be partial, in the order of the catalog."""
    all_bytes = sum(bytes_of(snapshot, index) for index in snapshot.indexes)
    for index in snapshot.indexes:
        size, share = bytes_of(snapshot, index), _null_share(snapshot, index)
        if size < min_bytes or share < null_share or not index.scans:
            continue
        table = snapshot.relation_by_oid[index.relation]
        nulls = share * known_rows(snapshot, table)
        if (index.tuples_read or 0) / index.scans >= nulls:
            continue
        yield Finding(
            check="mostly_null_index",
            severity=Severity.INFO,
            object=ObjectName("index", index.name, index.schema),
            summary="In {share} of the rows of {table} there is nothing but null for the index {index} of {size}.",
            advice="Let {index} hold only rows that are not null, if nothing asks for those that are.",
            facts=(
                Fact("index", index.name, Unit.TEXT),
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("share", share, Unit.RATIO, Provenance.ESTIMATED),
                Fact("size", size, Unit.BYTES),
                Fact("scans", index.scans),
                Fact("sql", index.sql, Unit.TEXT),
            ),
            burden=size / max(all_bytes, 1),
        )


def _null_share(snapshot: Snapshot, index: Index) -> float:
    """The least share of the rows in which all of the index's columns are null."""
    definition = index.definition
    if definition.method != "btree" or not index.is_valid or definition.predicate or definition.is_unique:
        return 0
    rows = [snapshot.statistics_of.get((index.relation, key.expression, False)) for key in definition.keys]
    if not all(key.is_column for key in definition.keys) or index.constraint:
        return 0
    return max(0.0, 1 - sum(1 - (row.null_frac if row else 0) for row in rows))
