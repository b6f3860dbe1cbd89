"""GIN: a tree of keys, with each key's rows beside it or in a tree of their own (ginentrypage.c, gindatapage.c)."""

import math
from collections.abc import Sequence

import msgspec

from pgclinic.model.catalog import IndexDefinition, Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.sizes import believable
from pgclinic.sizes.elements import Elements, elements_of
from pgclinic.sizes.keys import Known, key_columns
from pgclinic.sizes.rows import heap_pages, indexed_rows
from pgclinic.sizes.types import LINE_POINTER, PAGE, TUPLE_HEADER, aligned

_USABLE = PAGE - 24 - 8
_LONGEST_ENTRY = 2712
"""Bytes of the longest tuple in the entry tree (GinMaxItemSize); a longer list of rows becomes a posting tree."""
_SEGMENT, _SEGMENT_HEADER = 256, 8
"""Bytes of a compressed segment in a posting tree's leaf, and of its first row in full (GinPostingList)."""
_CHILDREN = _USABLE // 10
_HALF_FULL = 0.5
"""A build inserts keys in order and splits pages in halves, so that each is left half full (entrySplitPage)."""
_REFILLED = 0.7
_COLUMN_NUMBER = 2
_ACCUMULATED_KEY, _ACCUMULATED_ROW = 100, 9
"""Bytes that a key and a row take in memory while a build collects them (ginbulk.c), arrays being doubled."""
_PAGES_BY_BYTES = ((8, 2), (1024, 3), (131072, 4))
"""A row so many heap pages after the last takes so many bytes: the block is shifted by 11 bits, 7 go in a byte."""


class GinPages(msgspec.Struct, frozen=True):
    """What a GIN index's metapage counts, for the planner to read (GinMetaPageData)."""

    total: int
    entry: int
    data: int
    entries: int


def gin_pages(snapshot: Snapshot, relation: Relation, definition: IndexDefinition, known: Known) -> GinPages:
    """The pages of each sort and the keys, for an index built at once."""
    rows = indexed_rows(relation, definition, known)
    if rows < 1:
        return GinPages(2, 1, 0, 0)
    blocks = max(1.0, min(rows, float(heap_pages(relation))))
    keys = key_columns(snapshot, relation, definition, known)
    collected = [elements_of(key, indexed.opclass, rows) for key, indexed in zip(keys, definition.keys, strict=True)]
    bytes_ = widest = 0.0
    data = 0
    for each in collected:
        prefix = _COLUMN_NUMBER if len(keys) > 1 else 0
        key_bytes = TUPLE_HEADER + prefix + each.key_width
        widest = max(widest, key_bytes)
        for share, count in each.classes:
            entry_bytes, data_pages = _entry(share * rows, rows, blocks, key_bytes)
            bytes_ += count * entry_bytes
            data += round(count * data_pages)
    entries = sum(count for each in collected for _, count in each.classes)
    fill = _fill(snapshot, collected, rows)
    leaves = max(1, math.ceil(bytes_ / (_USABLE * fill)))
    entry = leaves + _upper(leaves, (aligned(math.ceil(widest)) + LINE_POINTER) / (_USABLE * fill))
    total, entry, data = (believable.pages(each) for each in (1 + entry + data, entry, data))
    return GinPages(total, entry, data, round(believable.rows(entries)))


def _entry(count: float, rows: float, blocks: float, key_bytes: float) -> tuple[float, float]:
    """Bytes in the entry tree, and pages of the posting tree, of a key that ``count`` of the rows have."""
    listed = _SEGMENT_HEADER + max(0.0, count - 1) * _bytes_of_a_row(count, rows, blocks)
    inline = aligned(math.ceil(key_bytes)) + listed
    if inline <= _LONGEST_ENTRY:
        return aligned(math.ceil(inline)) + LINE_POINTER, 0
    leaves = math.ceil(listed * (1 + _SEGMENT_HEADER / _SEGMENT) / _USABLE)
    return aligned(math.ceil(key_bytes)) + LINE_POINTER, leaves + _upper(leaves, 1 / _CHILDREN)


def _bytes_of_a_row(count: float, rows: float, blocks: float) -> float:
    """Mean bytes of a row in a list of ``count``, evenly spread over the heap's blocks (ginpostinglist.c)."""
    density = min(1.0, count / rows) * rows / blocks
    # Gaps in blocks are exponential; several rows of a block follow each other in a byte each.
    same = max(0.0, 1 - -math.expm1(-density) / density) if density > 0 else 0.0
    apart, below = 0.0, 0.0
    for limit, bytes_ in _PAGES_BY_BYTES:
        within = -math.expm1(-limit * density)
        apart += (within - below) * bytes_
        below = within
    apart += (1 - below) * 5
    return same + (1 - same) * apart


def _upper(leaves: int, share_of_a_page: float) -> int:
    pages, width = 0, leaves
    while width > 1:
        width = math.ceil(width * min(0.5, share_of_a_page))
        pages += width
    return pages


def _fill(snapshot: Snapshot, collected: Sequence[Elements], rows: float) -> float:
    """How full entry pages are left: a build that exceeds its memory comes back to them and fills them further."""
    setting = snapshot.setting.get("maintenance_work_mem")
    kilobytes = float(setting.value) if setting and setting.value.isdigit() else 65536
    needed = sum(
        count * (_ACCUMULATED_KEY + each.key_width + share * rows * _ACCUMULATED_ROW)
        for each in collected
        for share, count in each.classes
    )
    return _HALF_FULL if needed <= kilobytes * 1024 else _REFILLED
