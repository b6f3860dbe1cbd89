"""GiST and SP-GiST: pages are split in halves as rows come, so how full they are is known only from experience."""

import math
from collections.abc import Sequence

from pgclinic.model.catalog import IndexDefinition, IndexKey, Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.sizes.elements import elements_of
from pgclinic.sizes.keys import Key, Known, key_columns, tuple_widths
from pgclinic.sizes.rows import indexed_rows
from pgclinic.sizes.types import LINE_POINTER, PAGE, TUPLE_HEADER, aligned

_USABLE = PAGE - 24 - 16
_RANDOM_FILL, _ORDERED_FILL, _SORTED_FILL, _SPACE_FILL = 0.67, 0.48, 0.8, 0.8
"""How full pages are left when rows come in any order, when they come in the key's own, where the build sorts rows
that are in order already, and by SP-GiST; measured."""
_PACKED = 1.0
"""Of plain types where the build sorts; what it sorts of other types is split all the same."""
_SORTED_SINCE = 18
"""btree_gist and ranges are sorted since (release notes); no catalog that is collected tells."""
_ORDERED = 0.9
_BOX = 32
_TRIGRAM, _TRIGRAM_HEADER = 3, 5
_CRC, _LONGEST_SIGNATURE_SOURCE = 4, 2000
_SIGNATURE = 132
_SCALARS = frozenset({"smallint", "integer", "bigint", "date", "real", "double precision", "oid", "money", "interval"})
_SPACE_HEADER = 16


def pages(snapshot: Snapshot, relation: Relation, definition: IndexDefinition, known: Known) -> int:
    """Pages of either kind."""
    rows = indexed_rows(relation, definition, known)
    if rows < 1:
        return 1
    keys = key_columns(snapshot, relation, definition, known)
    if definition.method == "spgist":
        stored = sum(size * share for size, share in tuple_widths(keys).items()) + _SPACE_HEADER - TUPLE_HEADER
        fill = _SPACE_FILL
    else:
        pairs = zip(keys, definition.keys, strict=True)
        stored = aligned(math.ceil(TUPLE_HEADER + sum(_entry(key, indexed, rows) for key, indexed in pairs)))
        fill = _fill(keys, is_sorting=snapshot.server.major >= _SORTED_SINCE)
    leaves = max(1, math.ceil(rows * (stored + LINE_POINTER) / (_USABLE * fill)))
    return leaves + (math.ceil(leaves * (stored + LINE_POINTER) / (_USABLE * fill)) if leaves > 1 else 0)


def _is_scalar(key: Key) -> bool:
    return key.type_name in _SCALARS or key.type_name.startswith("timestamp")


def _fill(keys: Sequence[Key], *, is_sorting: bool) -> float:
    if len(keys) == 1 and is_sorting and _is_scalar(keys[0]):
        return _PACKED
    correlation = keys[0].statistics.correlation if keys[0].statistics else None
    if correlation is None or correlation < _ORDERED:
        return _RANDOM_FILL
    return _SORTED_FILL if is_sorting else _ORDERED_FILL


def _entry(key: Key, indexed: IndexKey, rows: float) -> float:
    """Bytes of a leaf entry: boxes for shapes, pairs of bounds for plain types, signatures for text."""
    if key.type_name in {"point", "box", "circle", "polygon"}:
        return _BOX if key.type_name != "circle" else _BOX - 8
    if "trgm" in indexed.opclass:
        found = elements_of(key, "gin_trgm_ops", rows)
        each = sum(share * count for share, count in found.classes)
        return _TRIGRAM_HEADER + _TRIGRAM * each
    if key.type_name == "tsvector":
        each = _CRC * sum(share * count for share, count in elements_of(key, "", rows).classes)
        return each + 8 if each < _LONGEST_SIGNATURE_SOURCE else _SIGNATURE
    if _is_scalar(key):
        return 2 * key.width
    return key.width
