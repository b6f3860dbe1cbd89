"""How many rows each table of the mannequin gets. Pure."""

from collections.abc import Mapping

import msgspec

from pgclinic.model.catalog import Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_pages, known_rows

SMALL = 1_000
"""Tables of so few rows are taken whole: a list of countries that has a tenth of them joins with nothing."""

MOST_ROWS = 2_000_000
MOST_BYTES = 2 * 1024**3
COPIES = 2
"""One is treated, the other stays as it is."""

_ROW_BYTES = 28
"""Of a row beside its columns: header and line pointer (``PageHeaderData`` and ``HeapTupleHeaderData``)."""
_USUAL_ROW = 100
_STORED = frozenset("rmf")
_HALVINGS = 60
_MOST_SOURCE_ROWS = 1e13
"""What a snapshot says beyond that is not believed: a table holds 2^32 pages."""


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """Rows by the table's oid. ``scale`` is what came of the ``asked`` one; ``bytes`` are estimated, for all copies."""

    asked: float
    scale: float
    rows: Mapping[int, int]
    bytes: int


def amounts_of(
    snapshot: Snapshot,
    relations: frozenset[int],
    scale: float,
    *,
    most_rows: int = MOST_ROWS,
    most_bytes: int = MOST_BYTES,
) -> Amounts:
    """The asked scale, or the largest below it whose rows and bytes stay within bounds."""
    tables = [each for each in snapshot.relations if each.oid in relations and each.kind in _STORED]
    sizes = {table.oid: _bytes_of_a_row(snapshot, table) for table in tables}
    full = {table.oid: source_rows(snapshot, table) for table in tables}

    def at(share: float) -> Amounts:
        rows = {oid: _scaled(count, share, most_rows) for oid, count in full.items()}
        total = COPIES * sum(rows[oid] * sizes[oid] for oid in rows)
        return Amounts(asked=scale, scale=share, rows=rows, bytes=round(total))

    def fits(found: Amounts) -> bool:
        return sum(found.rows.values()) <= most_rows and found.bytes <= most_bytes

    found = at(scale)
    if fits(found):
        return found
    # Small tables are not scaled, so that no quotient tells.
    low, high = 0.0, scale
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(at(middle)) else (low, middle)
    return at(low)


def source_rows(snapshot: Snapshot, table: Relation) -> float:
    """How many rows the source's planner takes a table to have: as dense as at the last ANALYZE, as long as now.

    As ``estimate_rel_size`` in plancat.c; of a table that was never analysed, what the counters say. Of a partitioned
    table, all of its partitions together.
    """
    if table.kind == "p":
        return sum(source_rows(snapshot, child) for child in snapshot.children_of.get(table.oid, ()))
    if table.tuples > 0 and table.pages > 0:
        return min(_MOST_SOURCE_ROWS, table.tuples / table.pages * known_pages(snapshot, table))
    return min(_MOST_SOURCE_ROWS, max(0.0, known_rows(snapshot, table)))


def _scaled(count: float, share: float, most: int) -> int:
    rows = min(count, max(count * share, min(count, SMALL)))
    return round(min(rows, 2.0 * most))


def _bytes_of_a_row(snapshot: Snapshot, table: Relation) -> float:
    """With its part of the indexes, by their size at the source where that is known."""
    widths = 0.0
    for column in snapshot.columns_of.get(table.oid, ()):
        row = snapshot.statistics_of.get((table.oid, column.name, False))
        widths += row.avg_width * (1 - row.null_frac) if row else 0
    rows = max(1.0, source_rows(snapshot, table))
    indexes = sum(index.bytes or 0 for index in snapshot.indexes_of.get(table.oid, ()))
    return _ROW_BYTES + (widths or _USUAL_ROW) + indexes / rows
