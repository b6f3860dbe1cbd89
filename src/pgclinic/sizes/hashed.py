"""Hash: buckets for the rows, made by powers of two in quarters, and overflow pages where keys repeat (hashpage.c)."""

import math

from pgclinic.model.catalog import IndexDefinition, Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.sizes.distinct import distinct_values, value_classes
from pgclinic.sizes.keys import Known, key_columns
from pgclinic.sizes.rows import indexed_rows

_ROWS_A_BUCKET = 307
"""Rows that a bucket is made for: 75 % of a page at 20 bytes each (_hash_init)."""
_ROWS_A_PAGE = 407
_MOST_OVERFLOWS = 8
_PHASED_GROUP = 10
"""Up to 512 buckets their number doubles at once, later in four steps (_hash_spareindex)."""
_BITS_A_BITMAP = 4096 * 8


def pages(snapshot: Snapshot, relation: Relation, definition: IndexDefinition, known: Known) -> int:
    """Pages with the metapage and the bitmaps."""
    rows = indexed_rows(relation, definition, known)
    (key, *_) = key_columns(snapshot, relation, definition, known)
    buckets = _buckets(rows * (1 - key.null_frac) / _ROWS_A_BUCKET)
    groups = [(share * rows, count) for share, count in value_classes(key, distinct_values(snapshot, relation, key))]
    # Values that fill pages of their own overflow by themselves; of all others a bucket holds its mean, about.
    overflow = sum(count * max(0, math.ceil(size / _ROWS_A_PAGE) - 1) for size, count in groups)
    overflow += _crowded(buckets, [(size, count) for size, count in groups if size <= _ROWS_A_PAGE])
    return round(1 + buckets + overflow + math.ceil((overflow + 1) / _BITS_A_BITMAP))


def _buckets(wanted: float) -> int:
    """The next number of buckets at which a split point ends (_hash_get_totalbuckets)."""
    number = max(2, math.ceil(wanted))
    power = 1 << (number - 1).bit_length()
    if power <= 1 << (_PHASED_GROUP - 1):
        return power
    quarter = power // 8
    return power // 2 + quarter * math.ceil((number - power // 2) / quarter)


def _crowded(buckets: int, groups: list[tuple[float, float]]) -> float:
    """Overflow pages of buckets that got more values than fit, the values falling at random (normal approximation).

    Until a doubling is complete, buckets that are not split yet have the rows of two (linear hashing).
    """
    slots = 1 << (buckets - 1).bit_length()
    mean = sum(size * count for size, count in groups) / slots
    variance = sum(size * size * count for size, count in groups) / slots
    unsplit = slots - buckets
    return (buckets - unsplit) * _beyond(mean, variance) + unsplit * _beyond(2 * mean, 2 * variance)


def _beyond(mean: float, variance: float) -> float:
    """Mean number of pages, beyond the first, of a bucket whose rows are normally distributed."""
    if variance <= 0:
        return 0.0
    return sum(
        0.5 * math.erfc((page * _ROWS_A_PAGE - mean) / math.sqrt(2 * variance)) for page in range(1, _MOST_OVERFLOWS)
    )
