"""How much room the rows of a table need at the most, by what ANALYZE learnt of their widths."""

from typing import TYPE_CHECKING

from pgclinic.model.tables import option

if TYPE_CHECKING:
    from pgclinic.model.catalog import Column, Relation
    from pgclinic.model.snapshot import Snapshot

_PAGE_HEADER = 24
_LINE_POINTER = 4
_ROW_HEADER = 24
_ALIGNMENT = 8
_LARGEST_ROW = 2040
"""PostgreSQL packs or moves out values until a row fits four times on a page (TOAST_TUPLE_TARGET)."""

_PADDING = {
    **dict.fromkeys(("boolean", "uuid", '"char"'), 0),
    "smallint": 1,
    **dict.fromkeys(("integer", "real", "date", "oid", "text", "jsonb", "json", "bytea"), 3),
}
"""Most bytes that a value may need in front of it; by type, 7 for all others (pg_type.typalign)."""


def most_pages(snapshot: "Snapshot", table: "Relation", rows: float) -> float | None:
    """Pages that ``rows`` rows need when each is padded as badly as can be, and pages end where one more did not fit.

    None where it cannot be told: a column without statistics, columns that were dropped and may still take room, rows
    too large to be packed, another access method.
    """
    columns = snapshot.columns_of.get(table.oid, ())
    if not columns or table.dropped_columns or table.access_method not in {"", "heap"}:
        return None
    width = 0.0
    for column in columns:
        statistics = snapshot.statistics_of.get((table.oid, column.name, False))
        if statistics is None:
            return None
        width += (1 - statistics.null_frac) * (statistics.avg_width + _padding(column))
    bitmap = 0 if all(column.not_null for column in columns) else (len(columns) + 7) // 8
    header = _aligned(_ROW_HEADER - 1 + bitmap)
    row = header + width + _ALIGNMENT - 1 + _LINE_POINTER
    if row > _LARGEST_ROW:
        return None
    page = snapshot.server.block_size - _PAGE_HEADER
    filled = page * float(option(table, "fillfactor") or 100) / 100
    usable = max(filled - min(_LARGEST_ROW, 8 * row), row)
    return rows * row / usable + 1


def _padding(column: "Column") -> int:
    is_text = column.type.startswith(("character varying", "numeric", "character("))
    return 3 if is_text else _PADDING.get(column.type, _ALIGNMENT - 1)


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
