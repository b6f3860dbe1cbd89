"""How many different keys there are: what decides how much a B-tree's deduplication saves."""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import product

import msgspec

from pgclinic.model.catalog import Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.statistics import ColumnStatistics
from pgclinic.sizes import believable
from pgclinic.sizes.keys import Key
from pgclinic.sizes.rows import live_rows

_SAMPLED_ROWS = 300
"""ANALYZE samples so many rows, and pages, times the statistics target (std_typanalyze)."""
_DEFAULT_TARGET = 100
_CLUSTERED = 0.9
_FOLLOWS = 0.99
_MOST_CLASSES = 24

Classes = tuple[tuple[float, float], ...]
"""Values by how frequent they are: (share of the rows that each has, how many values)."""


def distinct_values(snapshot: Snapshot, relation: Relation, key: Key) -> float:
    """Different values of one column that are not null, corrected for what ANALYZE is known to get wrong."""
    rows = live_rows(relation) * (1 - key.null_frac)
    if key.statistics is None or not key.statistics.n_distinct:
        return max(1.0, rows / 10)
    if key.column is not None and frozenset({key.column.name}) in _unique_sets(snapshot, relation):
        return max(1.0, rows)
    found = distinct_of(key.statistics, live_rows(relation))
    found = max(found, _unclustered(relation, key, found), _at_least(snapshot, relation, key))
    names = frozenset({key.column.name}) if key.column else frozenset()
    return max(1.0, min(found, rows, _referenced_rows(snapshot, relation, names)))


def distinct_of(statistics: ColumnStatistics, rows: float) -> float:
    """As ANALYZE states it, for a table of so many rows."""
    stated = statistics.n_distinct
    return max(1.0, stated if stated > 0 else -stated * rows)


def distinct_keys(snapshot: Snapshot, relation: Relation, keys: Sequence[Key], rows: float) -> float:
    """Different combinations of the keys among ``rows`` rows, nulls counting as a value."""
    names = frozenset(key.column.name for key in keys if key.column)
    unique = _unique_sets(snapshot, relation)
    if len(names) == len(keys) and any(each <= names for each in unique) and not any(key.null_frac for key in keys):
        return max(1.0, rows)
    told = _told(snapshot, relation, names) if len(names) == len(keys) else None
    if told is not None:
        return min(max(1.0, told), max(1.0, rows))
    classes: Classes = ((1.0, 1.0),)
    for key in keys:
        own = value_classes(key, distinct_values(snapshot, relation, key))
        classes = thinned([(left * right, n * m) for (left, n), (right, m) in product(classes, own)])
    # A value of share p is missing among n rows with probability e**-pn.
    independent = sum(count * -math.expm1(-share * rows) for share, count in classes)
    return max(
        1.0, min(rows, independent, _referenced_rows(snapshot, relation, names), _along(snapshot, relation, keys))
    )


def value_classes(key: Key, distinct: float) -> Classes:
    """A column's values by frequency: the commonest, null, and all others alike."""
    return _classes(key.statistics, distinct) if key.statistics else ((1 / distinct, distinct),)


@lru_cache(maxsize=4096)
def _classes(statistics: ColumnStatistics, distinct: float) -> Classes:
    common = statistics.most_common_freqs or ()
    classes = [(share, 1.0) for share in common if share > 0]
    if statistics.null_frac > 0:
        classes.append((statistics.null_frac, 1.0))
    rest = 1 - sum(share for share, _ in classes)
    others = distinct - len(common)
    if others >= 1 and rest > 0:
        classes.append((rest / others, others))
    return thinned(classes or [(1.0, 1.0)])


def thinned(classes: Iterable[tuple[float, float]]) -> Classes:
    """At most two dozen classes, values of like frequency taken together; the shares' sum stays."""
    ordered = sorted(classes)
    if len(ordered) <= _MOST_CLASSES:
        return tuple(ordered)
    lowest, highest = math.log(ordered[0][0]), math.log(ordered[-1][0])
    step = (highest - lowest) / _MOST_CLASSES or 1.0
    groups: dict[int, list[tuple[float, float]]] = {}
    for share, count in ordered:
        groups.setdefault(int((math.log(share) - lowest) / step), []).append((share, count))
    thinned = []
    for group in groups.values():
        count = sum(count for _, count in group)
        thinned.append((sum(share * count for share, count in group) / count, count))
    return tuple(thinned)


def _unique_sets(snapshot: Snapshot, relation: Relation) -> tuple[frozenset[str], ...]:
    """The sets of plain columns that unique indexes over all rows keep unique."""
    return tuple(
        frozenset(key.expression for key in index.definition.keys)
        for index in snapshot.indexes_of.get(relation.oid, ())
        if index.definition.is_unique and index.is_valid and not index.definition.predicate
        if all(key.is_column for key in index.definition.keys)
    )


def _at_least(snapshot: Snapshot, relation: Relation, key: Key) -> float:
    """A bound from uniqueness: where (a, b) is unique, a has as many values as b's commonest value has rows."""
    if key.column is None:
        return 1.0
    best = 1.0
    for names in _unique_sets(snapshot, relation):
        others = names - {key.column.name}
        if key.column.name in names and len(others) == 1:
            (other,) = others
            statistics = snapshot.statistics_of.get((relation.oid, other, relation.kind == "p"))
            shares = (believable.statistics(statistics).most_common_freqs if statistics else None) or (0.0,)
            best = max(best, max(shares) * live_rows(relation))
    return best


def _referenced_rows(snapshot: Snapshot, relation: Relation, names: frozenset[str]) -> float:
    """A foreign key over exactly these columns has no more values than the referenced table has rows."""
    found = [math.inf]
    for constraint in snapshot.constraints_of.get(relation.oid, ()):
        if constraint.kind == "f" and constraint.is_validated and frozenset(constraint.columns) == names:
            referenced = snapshot.relation_by_oid.get(constraint.references or 0)
            if referenced is not None and referenced.tuples > 0:
                found.append(live_rows(referenced) + 1)
    return min(found)


def _along(snapshot: Snapshot, relation: Relation, keys: Sequence[Key]) -> float:
    """Columns that all follow the rows' physical order change together: combinations add up, they do not multiply."""
    if any(key.statistics is None or abs(key.statistics.correlation or 0) < _FOLLOWS for key in keys):
        return math.inf
    return sum(distinct_values(snapshot, relation, key) for key in keys)


def _unclustered(relation: Relation, key: Key, stated: float) -> float:
    """ANALYZE's count corrected where equal values lie together on pages.

    ANALYZE picks pages first and rows on them next, so it meets a value's neighbours oftener than a sample of all
    rows would, and its estimator (Haas and Stokes, analyze.c) takes the values for fewer than they are. With
    groups of g rows lying together, of which a share q of the rows on chosen pages is sampled, it would state what
    ``_stated`` says; g is found by bisection.
    """
    statistics = key.statistics
    if statistics is None or abs(statistics.correlation or 0) < _CLUSTERED or statistics.most_common_freqs:
        return 1.0
    target = key.column.statistics_target if key.column else None
    sampled = float(_SAMPLED_ROWS * (target if target and target > 0 else _DEFAULT_TARGET))
    rows, pages = believable.rows(relation.tuples) * (1 - statistics.null_frac), believable.pages(relation.pages)
    if pages <= sampled or rows <= sampled or stated >= rows:
        return 1.0
    on_chosen_pages = rows * sampled / pages
    low, high = 1.0, rows / stated
    for _ in range(50):
        middle = math.sqrt(low * high)
        if _stated(middle, rows, on_chosen_pages, sampled) > stated:
            low = middle
        else:
            high = middle
    return rows / high


def _stated(group: float, rows: float, on_chosen_pages: float, sampled: float) -> float:
    share = min(1.0, sampled / on_chosen_pages)
    once: float = sampled * (1 - share) ** (group - 1)
    found = on_chosen_pages / group * (1 - (1 - share) ** group)
    stated: float = sampled * found / (sampled - once + once * sampled / rows)
    return stated


class _Combination(msgspec.Struct, frozen=True):
    columns: frozenset[int]
    distinct: float


def _told(snapshot: Snapshot, relation: Relation, names: frozenset[str]) -> float | None:
    """What extended statistics know of exactly these columns."""
    if len(names) < 2:  # noqa: PLR2004 - extended statistics have two columns at least
        return None
    numbers = frozenset(column.number for column in snapshot.columns_of.get(relation.oid, ()) if column.name in names)
    for statistics in snapshot.extended_statistics:
        if statistics.relation != relation.oid or not statistics.n_distinct:
            continue
        for combination in _combinations(statistics.n_distinct):
            if combination.columns == numbers:
                return combination.distinct
    return None


def _combinations(text: str) -> list[_Combination]:
    """``{"1, 2": 33178, …}``, as pg_stats_ext prints pg_ndistinct before version 19."""
    try:
        found = msgspec.json.decode(text, type=dict[str, float])
        return [
            _Combination(frozenset(int(number) for number in columns.split(",")), distinct)
            for columns, distinct in found.items()
        ]
    except (msgspec.DecodeError, ValueError):
        return []
