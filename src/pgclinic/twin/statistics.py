"""Column statistics, written into the twin's pg_statistic as ANALYZE would have (commands/analyze.c).

Values are parsed by the superuser, so only by input functions that run nobody's code: base types of PostgreSQL and of
the allowed extensions, enums, and arrays of those; a domain's values are those of its base type, a
multirange's bounds are ranges.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
import psycopg
from psycopg.rows import class_row

from pgclinic.model.snapshot import Snapshot
from pgclinic.model.statistics import ColumnEnds, ColumnStatistics
from pgclinic.sql.arrays import parse_array, write_array

MCV, HISTOGRAM, CORRELATION, MCELEM, DECHIST, RANGE_LENGTH, RANGE_BOUNDS = range(1, 8)
"""STATISTIC_KIND_* of pg_statistic.h."""

_SLOTS = 5
_TEXT, _TEXT_EQUALS, _DEFAULT_COLLATION = 25, 98, 100
_FLOAT8, _FLOAT8_LESS = 701, 672
_LONGEST_ARRAY = 10_000
"""Entries; ANALYZE makes at most ten thousand (the largest statistics target)."""


class _Attribute(msgspec.Struct, frozen=True):
    """A column of the twin: its base type (domains resolved), and the operators by which ANALYZE orders it."""

    relation: int
    name: str
    number: int
    type: int
    collation: int
    equal: int
    less: int
    element: int
    element_equal: int
    range: int
    is_safe: bool


_ATTRIBUTES = """
with recursive base (relation, name, number, type, locale) as (
    select a.attrelid, a.attname::text, a.attnum, a.atttypid, a.attcollation
    from pg_catalog.pg_attribute as a
    where a.attrelid = any(%s) and a.attnum > 0 and not a.attisdropped
    union all
    select base.relation, base.name, base.number, t.typbasetype, base.locale
    from base join pg_catalog.pg_type as t on t.oid = base.type and t.typtype = 'd'
), resolved as (
    select base.*, t.typelem, t.typtype, t.typcategory, t.typnamespace, coalesce(e.typtype, 'b') as element_type,
        case
            when t.typtype = 'e' then 3500
            when t.typtype in ('r', 'm') then 3831
            when t.typcategory = 'A' and t.typelem <> 0 then 2277
            else t.oid
        end as sort_type,
        case when e.typtype = 'e' then 3500 else t.typelem end as element_sort_type
    from base
    join pg_catalog.pg_type as t on t.oid = base.type and t.typtype <> 'd'
    left join pg_catalog.pg_type as e on e.oid = t.typelem and t.typelem <> 0
), operators as (
    select c.opcintype, o.amopstrategy, o.amopopr
    from pg_catalog.pg_opclass as c
    join pg_catalog.pg_amop as o on o.amopfamily = c.opcfamily and o.amoplefttype = c.opcintype
        and o.amoprighttype = c.opcintype and o.amopstrategy in (1, 3)
    where c.opcmethod = 403 and c.opcdefault
)
select r.relation::int8, r.name, r.number::int4, r.type::int8, r.locale::int8 as "collation",
    coalesce(own.equal, 0)::int8 as equal, coalesce(own.less, 0)::int8 as less,
    r.typelem::int8 as element, coalesce(item.equal, 0)::int8 as element_equal,
    case when r.typtype = 'm' then (
        select min(k.castsource) from pg_catalog.pg_cast as k
        join pg_catalog.pg_type as s on s.oid = k.castsource and s.typtype = 'r'
        where k.casttarget = r.type
    ) else r.type end::int8 as range,
    r.element_type in ('b', 'e') and (
        r.typtype in ('b', 'e')
        or r.typtype in ('r', 'm') and r.typnamespace = 'pg_catalog'::regnamespace
    ) as is_safe
from resolved as r
left join lateral (
    select max(amopopr) filter (where amopstrategy = 3) as equal, max(amopopr) filter (where amopstrategy = 1) as less
    from operators as o
    where o.opcintype = r.sort_type or o.opcintype = (
        select min(k.casttarget) from pg_catalog.pg_cast as k join operators as p on p.opcintype = k.casttarget
        where k.castsource = r.sort_type and k.castmethod = 'b' and k.castcontext = 'i'
            and not exists (select from operators as q where q.opcintype = r.sort_type)
    )
) as own on true
left join lateral (
    select max(amopopr) filter (where amopstrategy = 3) as equal
    from operators as o
    where o.opcintype = r.element_sort_type
        or r.element_sort_type = 1043 and o.opcintype = 25
) as item on true
order by r.relation, r.number
"""

_INSERT = (
    "insert into pg_catalog.pg_statistic values (%s, %s, %s, %s, %s, %s,"
    + ", ".join(["%s"] * (3 * _SLOTS))
    + ", "
    + ", ".join(["%s::pg_catalog.float4[]"] * _SLOTS)
    + ", "
    + ", ".join(["pg_catalog.array_in(%s::pg_catalog.cstring, %s::pg_catalog.oid, -1)"] * _SLOTS)
    + ")"
)


class _Slot(msgspec.Struct, frozen=True):
    kind: int = 0
    operator: int = 0
    collation: int = 0
    numbers: tuple[float, ...] | None = None
    values: str | None = None
    value_type: int = 25


def load(
    connection: psycopg.Connection[tuple[object, ...]], snapshot: Snapshot, oids: Mapping[int, int]
) -> tuple[str, ...]:
    """Write the statistics of the relations and indexes in ``oids`` (the snapshot's to the twin's).

    Returns the columns whose statistics had to be left out.
    """
    attributes = {(each.relation, each.name): each for each in _attributes(connection, list(oids.values()))}
    ends = {(each.relation, each.column): each for each in snapshot.column_ends}
    rows = []
    for row in snapshot.column_statistics:
        attribute = attributes.get((oids.get(row.relation, 0), row.column))
        if attribute is not None:
            rows.append((row.column, _parameters(row, attribute, ends.get((row.relation, row.column)))))
    return _insert(connection, rows)


def load_positions(
    connection: psycopg.Connection[tuple[object, ...]], found: Sequence[tuple[int, Mapping[int, ColumnStatistics]]]
) -> tuple[str, ...]:
    """Write the statistics of indexes' keys, by the index's oid on the twin and the key's position from 1.

    Returns the positions whose statistics had to be left out.
    """
    attributes = {(each.relation, each.number): each for each in _attributes(connection, [oid for oid, _ in found])}
    rows = []
    for oid, by_position in found:
        for position, row in by_position.items():
            attribute = attributes.get((oid, position))
            if attribute is not None:
                rows.append((str(position), _parameters(row, attribute, None)))
    return _insert(connection, rows)


def _attributes(connection: psycopg.Connection[tuple[object, ...]], oids: list[int]) -> list[_Attribute]:
    with connection.cursor(row_factory=class_row(_Attribute)) as cursor:
        return cursor.execute(_ATTRIBUTES, [oids]).fetchall() if oids else []


def _insert(
    connection: psycopg.Connection[tuple[object, ...]], rows: list[tuple[str, list[object]]]
) -> tuple[str, ...]:
    """Write all rows at once, or, when one is refused, each alone; returns the names of the refused."""
    omitted: list[str] = []
    try:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(_INSERT, [parameters for _, parameters in rows])
    except psycopg.DatabaseError:
        omitted = [column for column, parameters in rows if not _insert_alone(connection, parameters)]
    return tuple(omitted)


def _insert_alone(connection: psycopg.Connection[tuple[object, ...]], parameters: list[object]) -> bool:
    try:
        connection.execute(_INSERT, parameters)
    except psycopg.DatabaseError:
        return False
    return True


def _parameters(row: ColumnStatistics, attribute: _Attribute, ends: ColumnEnds | None) -> list[object]:
    try:
        slots = tuple(_slots(row, attribute, ends))[:_SLOTS] if attribute.is_safe else ()
    except ValueError:
        slots = ()
    padded = (*slots, *[_Slot()] * (_SLOTS - len(slots)))
    head = [attribute.relation, attribute.number, row.inherited, row.null_frac, row.avg_width, row.n_distinct]
    return [
        *head,
        *(slot.kind for slot in padded),
        *(slot.operator for slot in padded),
        *(slot.collation for slot in padded),
        *(None if slot.numbers is None else list(slot.numbers) for slot in padded),
        *(each for slot in padded for each in (slot.values, slot.value_type)),
    ]


def _slots(row: ColumnStatistics, attribute: _Attribute, ends: ColumnEnds | None) -> Iterator[_Slot]:
    """The slots in the order in which ANALYZE fills them, for what the snapshot holds."""
    collation, of_type = attribute.collation, attribute.type
    if row.most_common_vals and row.most_common_freqs and attribute.equal:
        # The planner reads a frequency for each value, unseen (mcv_selectivity in selfuncs.c).
        values = _checked(row.most_common_vals, len(row.most_common_freqs))
        yield _Slot(MCV, attribute.equal, collation, row.most_common_freqs, values, of_type)
    if row.histogram_bounds and attribute.less:
        yield _Slot(HISTOGRAM, attribute.less, collation, None, _widened(row.histogram_bounds, ends), of_type)
    if row.correlation is not None and attribute.less:
        yield _Slot(CORRELATION, attribute.less, collation, (row.correlation,))
    element = attribute.element_equal or _TEXT_EQUALS
    element_type = attribute.element or _TEXT
    if row.most_common_elems and row.most_common_elem_freqs:
        yield _Slot(
            MCELEM,
            element,
            collation or _DEFAULT_COLLATION,
            row.most_common_elem_freqs,
            _checked(row.most_common_elems),
            element_type,
        )
    if row.elem_count_histogram:
        yield _Slot(DECHIST, element, collation, row.elem_count_histogram)
    if row.range_length_histogram and row.range_empty_frac is not None:
        yield _Slot(
            RANGE_LENGTH,
            _FLOAT8_LESS,
            numbers=(row.range_empty_frac,),
            values=_checked(row.range_length_histogram),
            value_type=_FLOAT8,
        )
    if row.range_bounds_histogram:
        yield _Slot(RANGE_BOUNDS, values=_checked(row.range_bounds_histogram), value_type=attribute.range)


def _checked(values: str, length: int | None = None) -> str:
    """An array text that is no longer than ANALYZE makes them, and as long as told. Raises ValueError otherwise."""
    found = len(parse_array(values))
    if found > _LONGEST_ARRAY or found != (found if length is None else length):
        raise ValueError("not as many values as ANALYZE keeps")
    return values


def _widened(histogram: str, ends: ColumnEnds | None) -> str:
    """The histogram with the column's real ends, which a planner with rows finds in the index."""
    bounds = list(parse_array(histogram))
    if len(bounds) > _LONGEST_ARRAY:
        raise ValueError("more values than ANALYZE keeps")
    if ends is None or not bounds:
        return histogram
    bounds[0] = ends.low if ends.low is not None else bounds[0]
    bounds[-1] = ends.high if ends.high is not None else bounds[-1]
    return write_array(bounds)
