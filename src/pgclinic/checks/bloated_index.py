"""An index is mostly empty space.

What it sees:
    Valid B-tree indexes that waste at least `min_waste_bytes` and are at least `factor` times as large as they could
    be when built anew at their fill factor, estimated from the planner's statistics. The estimate takes the dear side
    of what is not known: equal keys count as stored one by one unless the commonest values are nearly all there are,
    values kept outside of the table count in full, rows as the largest of the counts. Indexes on expressions are left
    out, and so are tables with more than `dead_share` dead rows, whose vacuum has to come first.

Why it matters:
    Empty pages are read from disk, held in memory, vacuumed and backed up like full ones.

What to do:
    REINDEX INDEX CONCURRENTLY. It needs room for the new index beside the old one.
"""

from collections.abc import Iterator

import msgspec

from pgclinic.model.catalog import Index, Relation
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.indexes import size as bytes_of
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows
from pgclinic.remedies import reindex
from pgclinic.sizes import Known, index_pages, live_rows
from pgclinic.sizes.types import FIXED_WIDTHS, PADDED, bare

FAMILY = "indexes"
NEEDS = ("indexes", "index_sizes", "relation_sizes", "columns", "column_statistics", "table_counters")
_NEARLY_ALL = 0.99


def examine(
    snapshot: Snapshot, *, factor: float = 2.5, min_waste_bytes: int = 20_000_000, dead_share: float = 0.2
) -> Iterator[Finding]:
    """Indexes that would shrink, in the order of the catalog."""
    all_bytes = sum(bytes_of(snapshot, index) for index in snapshot.indexes)
    for index in snapshot.indexes:
        size, table = bytes_of(snapshot, index), snapshot.relation_by_oid[index.relation]
        if size < min_waste_bytes or not _can_be_judged(snapshot, index) or _is_dirty(snapshot, table, dead_share):
            continue
        fresh = _most_bytes(snapshot, table, index)
        if fresh is None or size < factor * fresh or size - fresh < min_waste_bytes:
            continue
        yield Finding(
            check="bloated_index",
            severity=Severity.NOTICE,
            object=ObjectName("index", index.name, index.schema),
            summary="The index {index} of {table} takes {size}; built anew it would take {fresh} at most.",
            advice="Rebuild {index} concurrently.",
            facts=(
                Fact("index", index.name, Unit.TEXT),
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("size", size, Unit.BYTES),
                Fact("fresh", fresh, Unit.BYTES, Provenance.ESTIMATED),
                Fact("sql", index.sql, Unit.TEXT),
            ),
            burden=(size - fresh) / all_bytes,
            remedy=None if index.is_exclusion else reindex.remedy(index),
        )


def _can_be_judged(snapshot: Snapshot, index: Index) -> bool:
    """Whether all that it stores is known: plain columns of fixed width or with statistics."""
    definition = index.definition
    if definition.method != "btree" or not index.is_valid or index.is_partitioned:
        return False
    if definition.predicate and index.tuples < 0:
        return False
    stored = [key.expression if key.is_column else None for key in definition.keys] + list(definition.include)
    return all(name is not None and _is_known(snapshot, index, name) for name in stored)


def _is_known(snapshot: Snapshot, index: Index, name: str) -> bool:
    return _is_fixed(snapshot, index, name) or (index.relation, name, False) in snapshot.statistics_of


def _is_fixed(snapshot: Snapshot, index: Index, name: str) -> bool:
    columns = snapshot.columns_of.get(index.relation, ())
    return any(
        column.name == name and (column.type_kind == "e" or bare(column.type) in FIXED_WIDTHS) for column in columns
    )


def _is_dirty(snapshot: Snapshot, table: Relation, dead_share: float) -> bool:
    counters = snapshot.counters_of.get(table.oid)
    return counters is not None and counters.n_dead_tup > dead_share * known_rows(snapshot, table)


def _most_bytes(snapshot: Snapshot, table: Relation, index: Index) -> int | None:
    """What the index takes at most when built now; None where nothing is known of the rows."""
    estimated = live_rows(table)
    rows = max(estimated, known_rows(snapshot, table))
    if estimated <= 0 or table.tuples < 0:
        return None
    definition, known = index.definition, Known()
    if definition.predicate:
        known = Known(selectivity=min(1.0, index.tuples / table.tuples)) if table.tuples else Known()
    else:
        rows = max(rows, index.tuples)
    if not _is_of_few_values(snapshot, index):
        definition = msgspec.structs.replace(definition, options=(*definition.options, "deduplicate_items=off"))
    pages = index_pages(snapshot, table, definition, known) * max(1.0, rows / estimated)
    outside = 0 if _is_all_fixed(snapshot, index) else table.toast_bytes or 0
    return round(pages * snapshot.server.block_size) + outside


def _is_all_fixed(snapshot: Snapshot, index: Index) -> bool:
    stored = [*(key.expression for key in index.definition.keys), *index.definition.include]
    return all(_is_fixed(snapshot, index, name) for name in stored)


def _is_of_few_values(snapshot: Snapshot, index: Index) -> bool:
    """Whether its single column's commonest values are known and nearly all, so that equal keys can be counted."""
    keys = index.definition.keys
    found = snapshot.statistics_of.get((index.relation, keys[0].expression, False))
    if len(keys) != 1 or index.definition.predicate or found is None:
        return False
    columns = snapshot.columns_of.get(index.relation, ())
    if any(column.name == keys[0].expression and bare(column.type) in PADDED for column in columns):
        return False  # whether it merges depends on the release that built it
    return sum(found.most_common_freqs or ()) + found.null_frac >= _NEARLY_ALL
