"""An index is on a column with so few values that each of them leads to a large part of the table.

What it sees:
    B-tree indexes without a duty over one plain column, of tables with at least `min_rows` rows, where the statistics
    know nearly all values and the rarest of them has at least `least_share` of the rows, and whose scans read that
    much of the table on average. Mere information: counting by the index alone may be worth it. An index that was never
    scanned is unused_index's.

Why it matters:
    Fetching a large part of a table row by row through an index is hardly quicker than reading it as a whole, while
    each write pays for the entry.

What to do:
    If one value is what is asked for, index the rows that have it by the column that is asked for next to it
    (`create index … where state = 'open'`); otherwise drop it.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Index
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.indexes import has_a_duty
from pgclinic.model.indexes import size as bytes_of
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows

FAMILY = "indexes"
NEEDS = ("indexes", "constraints", "column_statistics")
_NEARLY_ALL = 0.99


def examine(snapshot: Snapshot, *, min_rows: int = 10_000, least_share: float = 0.05) -> Iterator[Finding]:
    """Indexes that cannot choose, in the order of the catalog."""
    all_bytes = sum(bytes_of(snapshot, index) for index in snapshot.indexes)
    for index in snapshot.indexes:
        table = snapshot.relation_by_oid[index.relation]
        rows, rarest = known_rows(snapshot, table), _rarest(snapshot, index)
        if rows < min_rows or rarest is None or rarest < least_share or has_a_duty(snapshot, index):
            continue
        read = (index.tuples_read or 0) / index.scans if index.scans else 0
        if read < least_share * rows:
            continue
        yield Finding(
            check="low_selectivity_index",
            severity=Severity.INFO,
            object=ObjectName("index", index.name, index.schema),
            summary="A scan of the index {index} reads {read} of the {rows} rows of {table} on average.",
            advice="Index the rows with the value that is asked for, by another column, or drop {index}.",
            facts=(
                Fact("index", index.name, Unit.TEXT),
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("read", round(read)),
                Fact("rows", round(rows), provenance=Provenance.ESTIMATED),
                Fact("rarest", rarest, Unit.RATIO, Provenance.ESTIMATED),
                Fact("size", bytes_of(snapshot, index), Unit.BYTES),
                Fact("sql", index.sql, Unit.TEXT),
            ),
            burden=bytes_of(snapshot, index) / max(all_bytes, 1),
        )


def _rarest(snapshot: Snapshot, index: Index) -> float | None:
    """Share of the rows that the rarest value of the index's only column has; None where that is not known."""
    definition = index.definition
    if not index.is_valid or definition.method != "btree" or len(definition.keys) != 1 or definition.predicate:
        return None
    found = snapshot.statistics_of.get((index.relation, definition.keys[0].expression, False))
    if not definition.keys[0].is_column or found is None or not found.most_common_freqs or definition.include:
        return None
    if sum(found.most_common_freqs) + found.null_frac < _NEARLY_ALL:
        return None
    return min((*found.most_common_freqs, *([found.null_frac] if found.null_frac else [])))
