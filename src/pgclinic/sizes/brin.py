"""BRIN: a summary a range of heap pages, and a map of the ranges (brin_pageops.c, brin_revmap.c)."""

import math

import msgspec

from pgclinic.model.catalog import IndexDefinition, IndexKey, Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.sizes import believable
from pgclinic.sizes.keys import Key, Known, key_columns
from pgclinic.sizes.rows import heap_pages, live_rows
from pgclinic.sizes.types import LINE_POINTER, PAGE, TUPLE_HEADER, aligned

_USABLE = PAGE - 24 - 8
_RANGES_A_MAP_PAGE = _USABLE // 6
_PAGES_A_RANGE, _MOST_PAGES_A_RANGE = 128, 131072
_MULTI_VALUES = 32
_MULTI_HEADER = 32
_BLOOM_DISTINCT, _BLOOM_MISTAKES = 0.1, 0.01
"""Defaults of the bloom classes: different values a row of a range at its fullest, and false positives."""
_MOST_ROWS_A_PAGE = 291


class BrinPages(msgspec.Struct, frozen=True):
    """All pages, the metapage with them; those of the map of ranges; heap pages of a range."""

    total: int
    map_pages: int
    pages_a_range: int


def brin_pages(snapshot: Snapshot, relation: Relation, definition: IndexDefinition, known: Known) -> BrinPages:
    """The pages of an index built at once."""
    heap, pages_a_range = (
        heap_pages(relation),
        min(_MOST_PAGES_A_RANGE, max(1, believable.option(definition, "pages_per_range", _PAGES_A_RANGE))),
    )
    if not heap or not live_rows(relation):
        return BrinPages(3, 1, pages_a_range)
    ranges = math.ceil(heap / pages_a_range)
    keys = key_columns(snapshot, relation, definition, known)
    data = sum(_summary(key, indexed, pages_a_range) for key, indexed in zip(keys, definition.keys, strict=True))
    each = min(_USABLE, aligned(math.ceil(TUPLE_HEADER + data)) + LINE_POINTER)
    map_pages = math.ceil(ranges / _RANGES_A_MAP_PAGE)
    return BrinPages(1 + map_pages + math.ceil(ranges / (_USABLE // each)), map_pages, pages_a_range)


def _summary(key: Key, indexed: IndexKey, pages_a_range: int) -> float:
    """Bytes of one column's summary."""
    if "bloom" in indexed.opclass:
        values = max(16.0, _BLOOM_DISTINCT * _MOST_ROWS_A_PAGE * pages_a_range)
        return math.ceil(-values * math.log(_BLOOM_MISTAKES) / math.log(2) ** 2 / 8) + 16
    if "minmax_multi" in indexed.opclass:
        return _MULTI_HEADER + _MULTI_VALUES * key.width
    if key.type_name.endswith("range") or "inclusion" in indexed.opclass:
        return key.width + 2
    first = math.ceil(key.width / key.alignment) * key.alignment
    return first + key.width
