"""What an index just made, empty, is made to look like: its file, and what the planner knows of it."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from pgclinic.model.catalog import Index, IndexDefinition, Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.statistics import ColumnStatistics
from pgclinic.sizes import (
    NOTHING,
    GinPages,
    Known,
    believable,
    brin_pages,
    btree_level,
    gin_pages,
    index_pages,
    indexed_rows,
)
from pgclinic.sizes.types import PAGE
from pgclinic.twin import brin, files, gin
from pgclinic.twin.sizes import write_index

_MOST_ENTRIES = 2**62
_HIGHEST = 12
"""No B-tree has a root at a higher level: its inner pages hold several children each."""
_UNUSED_FILES = 2**31
"""Numbers of files from here on are out of the reach of the server's own counter."""


class Shape(msgspec.Struct, frozen=True):
    """An index's length in pages, its tuples, and the statistics of its expressions by position, counted from 1.

    The statistics' ``relation`` and ``column`` are not looked at. ``level`` is a B-tree's; ``first_pages`` are those
    of an index that needs more than a level to look right.
    """

    pages: int
    tuples: float
    statistics: Mapping[int, ColumnStatistics] = {}
    level: int | None = None
    first_pages: bytes = b""


def shape_of(snapshot: Snapshot, table: Relation, definition: IndexDefinition, known: Known) -> Shape:
    """What an index on ``table``, a partition where the definition's relation has them, would look like."""
    rows, level, first_pages = indexed_rows(table, definition, known), None, b""
    match definition.method:
        case "btree":
            pages = index_pages(snapshot, table, definition, known)
            level = btree_level(snapshot, table, definition, known, pages)
        case "gin":
            counted = gin_pages(snapshot, table, definition, known)
            pages, first_pages = counted.total, gin.first_pages(counted)
        case "brin":
            ranges = brin_pages(snapshot, table, definition, known)
            pages, first_pages = ranges.total, brin.first_pages(ranges)
        case _:
            pages = index_pages(snapshot, table, definition, known)
    return Shape(pages, rows, known.statistics, level, first_pages)


def shape_index(shape: Shape, path: Path, oid: int) -> int:
    """Write the file of the new index ``oid``.

    Returns the relfilenode that pg_class must name from now on, 0 where it stays.
    """
    if shape.first_pages:
        return _write_anew(path, oid, shape.first_pages, shape.pages)
    write_index(path, shape.pages, shape.level)
    return 0


def shape_users_index(snapshot: Snapshot, index: Index, path: Path, oid: int) -> int:
    """Write the file of an index of the user's, as long and as high as it is.

    Returns the relfilenode that pg_class must name from now on, 0 where it stays. What a GIN index's metapage counts
    is estimated, in the proportion of the pages that there are: no catalog tells.
    """
    definition = index.definition
    pages = believable.pages(index.pages if index.bytes is None else index.bytes // PAGE)
    table = snapshot.relation_by_oid.get(index.relation)
    if table is not None and definition.method == "gin" and pages > 1:
        counted = gin_pages(snapshot, table, definition, NOTHING)
        scale = (pages - 1) / max(1, counted.total - 1)
        data = min(pages - 2, round(counted.data * scale))
        counted = GinPages(pages, pages - 1 - data, data, min(_MOST_ENTRIES, round(counted.entries * scale)))
        return _write_anew(path, oid, gin.first_pages(counted), pages)
    if table is not None and definition.method == "brin" and pages > 1:
        ranges = brin_pages(snapshot, table, definition, NOTHING)
        return _write_anew(path, oid, brin.first_pages(ranges), pages)
    level = index.tree_level
    if level is None and definition.method == "btree":
        level = btree_level(snapshot, table, definition, NOTHING, pages) if table is not None else 0
    write_index(path, pages, max(0, min(level or 0, _HIGHEST)) if definition.method == "btree" else None)
    return 0


def _write_anew(path: Path, oid: int, first_pages: bytes, pages: int) -> int:
    """A file of another number for what CREATE INDEX left in shared buffers, where a changed file is never seen.

    What the server still writes to the old file harms nobody.
    """
    number = _UNUSED_FILES + oid
    fresh = path.with_name(str(number))
    files.resize(fresh, pages)
    with fresh.open("r+b") as file:
        file.write(first_pages)
    return number
