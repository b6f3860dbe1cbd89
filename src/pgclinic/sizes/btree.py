"""B-tree as CREATE INDEX packs it (nbtsort.c, nbtdedup.c)."""

import math

from pgclinic.model.catalog import IndexDefinition, Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.sizes import believable
from pgclinic.sizes.distinct import distinct_keys, distinct_values, value_classes
from pgclinic.sizes.keys import Known, included_columns, key_columns, tuple_widths
from pgclinic.sizes.rows import indexed_rows
from pgclinic.sizes.types import LINE_POINTER, PAGE, aligned

_USABLE = PAGE - 24 - 16
_FILLFACTOR = 90
_UPPER_FILLFACTOR = 70
_POSTING_LIMIT = 808
"""Bytes of the longest posting tuple that CREATE INDEX makes: a tenth of a page less a line pointer, aligned."""
_TID = 6
_SMALL_GROUP = 20


def pages(snapshot: Snapshot, relation: Relation, definition: IndexDefinition, known: Known) -> int:
    """Pages with the metapage."""
    rows = indexed_rows(relation, definition, known)
    if rows < 1:
        return 1
    keys = key_columns(snapshot, relation, definition, known)
    stored = tuple_widths([*keys, *included_columns(snapshot, relation, definition)])
    can_merge = not definition.include and not definition.is_unique and all(key.deduplicates for key in keys)
    if can_merge and "deduplicate_items=off" not in definition.options:
        if len(keys) == 1 and not definition.predicate:
            classes = value_classes(keys[0], distinct_values(snapshot, relation, keys[0]))
            groups = [(share * rows, count) for share, count in classes]
        else:
            combinations = distinct_keys(snapshot, relation, keys, rows)
            groups = [(rows / combinations, combinations)]
        count, bytes_ = _merged(groups, stored)
    else:
        count, bytes_ = rows, rows * sum((size + LINE_POINTER) * share for size, share in stored.items())
    leaves = _leaves(
        count,
        bytes_,
        min(100, max(10, believable.option(definition, "fillfactor", _FILLFACTOR))),
        is_even=len(stored) == 1 and count == rows,
    )
    return 1 + leaves + sum(_upper_levels(leaves, _pivot(snapshot, relation, definition, known)))


def level(snapshot: Snapshot, relation: Relation, definition: IndexDefinition, known: Known, total_pages: int) -> int:
    """The root's level of such an index of so many pages, its metapage among them (0: the root is a leaf)."""
    return len(_upper_levels(max(1, total_pages - 1), _pivot(snapshot, relation, definition, known)))


def _pivot(snapshot: Snapshot, relation: Relation, definition: IndexDefinition, known: Known) -> float:
    """Mean bytes of a pivot tuple without its line pointer.

    A pivot keeps no more keys than tell the leaf on its left from the one on its right (_bt_truncate in nbtutils.c):
    the first ``n`` do where neighbours differ in them, which so many do as there are combinations of them.
    """
    rows = indexed_rows(relation, definition, known)
    keys = key_columns(snapshot, relation, definition, known)
    widths = [sum(size * share for size, share in tuple_widths(keys[:n]).items()) for n in range(1, len(keys) + 1)]
    if len(keys) == 1:
        return widths[0]
    combinations = distinct_keys(snapshot, relation, keys, rows)
    needed, mean = 1.0, 0.0
    for n, width in enumerate(widths[:-1], 1):
        alike = 1 - min(1.0, distinct_keys(snapshot, relation, keys[:n], rows) / combinations)
        mean += max(0.0, needed - alike) * width
        needed = min(needed, alike)
    return mean + needed * widths[-1]


def _leaves(count: float, bytes_: float, fillfactor: int, *, is_even: bool) -> int:
    """A leaf takes tuples as long as the free space stays above the fill factor's (_bt_buildadd)."""
    room = _USABLE - 2 * LINE_POINTER - PAGE * (100 - fillfactor) // 100
    each = bytes_ / count
    fitting = max(1.0, room / each if not is_even else room // each)
    return max(1, math.ceil(count / fitting))


def _upper_levels(leaves: int, pivot: float) -> list[int]:
    levels, width = [], leaves
    while width > 1:
        width = math.ceil(width / _fanout(pivot))
        levels.append(width)
    return levels


def _fanout(pivot: float) -> float:
    return max(2.0, _USABLE * _UPPER_FILLFACTOR / 100 / (pivot + LINE_POINTER))


def _merged(groups: list[tuple[float, float]], stored: dict[int, float]) -> tuple[float, float]:
    """Tuples and their bytes after equal keys were merged, for (rows of a group, number of groups)."""
    count = bytes_ = 0.0
    for size, share in stored.items():
        for rows, number in groups:
            for group, part in _spread(rows):
                tuples, length = _group(group, size)
                count += number * share * part * tuples
                bytes_ += number * share * part * length
    return count, bytes_


def _spread(mean: float) -> list[tuple[float, float]]:
    """Groups of small mean size vary, here like 1 + Poisson; what a group takes is no straight line."""
    if mean >= _SMALL_GROUP or mean <= 1:
        return [(max(1.0, mean), 1.0)]
    extra = mean - 1
    shares = [math.exp(-extra)]
    while len(shares) < _SMALL_GROUP * 3:
        shares.append(shares[-1] * extra / len(shares))
    return [(1.0 + number, share) for number, share in enumerate(shares)]


def _group(rows: float, size: int) -> tuple[float, float]:
    """Tuples and bytes of one group of equal keys: full posting lists, and a shorter one or a plain tuple."""
    fitting = max(1, (_POSTING_LIMIT - size) // _TID)
    full, rest = divmod(rows, fitting)
    tuples, length = full, full * (aligned(size + fitting * _TID) + LINE_POINTER)
    if rest > 0:
        tuples += 1
        length += LINE_POINTER + (size if rest <= 1 else aligned(size + math.ceil(rest) * _TID))
    return tuples, length
