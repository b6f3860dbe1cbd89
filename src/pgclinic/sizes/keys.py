"""The keys and included columns of an index, as it stores them."""

from collections.abc import Iterable, Mapping

import msgspec

from pgclinic.model.catalog import Column, IndexDefinition, Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.statistics import ColumnStatistics
from pgclinic.sizes import believable, samples
from pgclinic.sizes.types import ENUM_WIDTH, FIXED_WIDTHS, TUPLE_HEADER, aligned, bare, has_equal_image

_UNKNOWN_WIDTHS = tuple((width, 1 / 8) for width in range(12, 20))
_NULL_BITMAP_HEADER = 16


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a planner found out about a definition, beyond the snapshot.

    ``selectivity`` of the predicate, 0 to 1; ``statistics`` and ``types`` (as format_type says) of expression keys
    by position, counted from 1.
    """

    selectivity: float | None = None
    statistics: Mapping[int, ColumnStatistics] = {}
    types: Mapping[int, str] = {}


NOTHING = Known()


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One key or included column. ``widths`` are bytes of a value with its share, null or not by ``null_frac``."""

    type_name: str
    widths: tuple[tuple[int, float], ...]
    alignment: int = 1
    statistics: ColumnStatistics | None = None
    column: Column | None = None
    deduplicates: bool = True

    @property
    def null_frac(self) -> float:
        """Share of nulls."""
        return self.statistics.null_frac if self.statistics else 0.0

    @property
    def width(self) -> float:
        """Mean bytes of a value that is not null."""
        return sum(width * share for width, share in self.widths)


def key_columns(snapshot: Snapshot, relation: Relation, definition: IndexDefinition, known: Known) -> tuple[Key, ...]:
    """The keys in order."""
    columns = {column.name: column for column in snapshot.columns_of.get(relation.oid, ())}
    keys = []
    for position, key in enumerate(definition.keys, 1):
        if key.is_column:
            keys.append(_stored(snapshot, relation, columns.get(key.expression), key.expression))
        else:
            type_name, found = known.types.get(position, "text"), known.statistics.get(position)
            keys.append(_of(snapshot, type_name, None, found and _as_stored(found, type_name)))
    return tuple(keys)


def included_columns(snapshot: Snapshot, relation: Relation, definition: IndexDefinition) -> tuple[Key, ...]:
    """What INCLUDE names, in order."""
    columns = {column.name: column for column in snapshot.columns_of.get(relation.oid, ())}
    return tuple(_stored(snapshot, relation, columns.get(name), name) for name in definition.include)


def _stored(snapshot: Snapshot, relation: Relation, column: Column | None, name: str) -> Key:
    statistics = snapshot.statistics_of.get((relation.oid, name, relation.kind == "p"))
    if statistics is None and relation.is_partition:
        # A partition that was never analysed is taken to be like the rest of its table.
        found = (snapshot.statistics_of.get((parent, name, True)) for parent in relation.parents)
        statistics = next((each for each in found if each), None)
    return _of(snapshot, column.type if column else "", column, statistics)


def _of(snapshot: Snapshot, type_name: str, column: Column | None, statistics: ColumnStatistics | None) -> Key:
    statistics = believable.statistics(statistics) if statistics else None
    name = bare(type_name)
    width, alignment = ENUM_WIDTH if column and column.type_kind == "e" else FIXED_WIDTHS.get(name, (0, 1))
    if width:
        widths: tuple[tuple[int, float], ...] = ((width, 1.0),)
    else:
        widths = samples.widths(statistics, type_name) if statistics else _UNKNOWN_WIDTHS
        alignment = 4 if min(width for width, _ in widths) > 127 else 1  # noqa: PLR2004 - see LONGEST_SHORT_VARLENA
    return Key(
        type_name=name,
        widths=widths,
        alignment=alignment,
        statistics=statistics,
        column=column,
        deduplicates=has_equal_image(type_name, snapshot.server.version_num),
    )


def _as_stored(statistics: ColumnStatistics, type_name: str) -> ColumnStatistics:
    """ANALYZE measures an expression's values as computed, with four-byte headers; an index stores short ones."""
    if bare(type_name) in FIXED_WIDTHS:
        return statistics
    return msgspec.structs.replace(statistics, avg_width=max(1, statistics.avg_width - 3))


def tuple_widths(columns: Iterable[Key]) -> dict[int, float]:
    """Bytes of an index tuple, aligned, without its line pointer, each with its share (index_form_tuple).

    Columns are taken to be independent of each other.
    """
    found: dict[tuple[int, bool], float] = {(0, False): 1.0}
    for column in columns:
        longer: dict[tuple[int, bool], float] = {}
        for (offset, has_null), share in found.items():
            if column.null_frac > 0:
                null = (offset, True)
                longer[null] = longer.get(null, 0) + share * column.null_frac
            for width, part in column.widths:
                state = (aligned(offset, column.alignment) + width, has_null)
                longer[state] = longer.get(state, 0) + share * part * (1 - column.null_frac)
        found = longer
    sizes: dict[int, float] = {}
    for (offset, has_null), share in found.items():
        size = aligned((_NULL_BITMAP_HEADER if has_null else TUPLE_HEADER) + offset)
        sizes[size] = sizes.get(size, 0) + share
    return {size: share for size, share in sizes.items() if share > 0}
