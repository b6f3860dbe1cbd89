"""The key lists of B-trees: equality first, then a range or an order, then what saves a visit to the table."""

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import chain, combinations, permutations

from pgclinic.advise.candidates.target import Target
from pgclinic.advise.equivalence import reversed_keys
from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.shape import OrderKey
from pgclinic.sql.built_in import family_of

EQUAL = frozenset({"=", "is null", "is true", "is false"})
RANGED = frozenset({"<", "<=", ">", ">=", "~~", "^@", "is not null"})
PATTERNS = frozenset({"~~", "^@"})
_PATTERN_OPCLASSES = {"text": "text_pattern_ops", "character varying": "varchar_pattern_ops"}
"""The operator classes that serve ``LIKE 'x%'`` where the collation does not compare bytes."""
_BYTE_COLLATIONS = frozenset({"C", "POSIX", "ucs_basic"})
_MOST_PERMUTED = 4
"""Columns of which every order is tried; of more, the most selective."""
_FULLY_PERMUTED = 2
_MOST_READ = 8
"""More columns than this are not carried as keys so that the table need not be visited."""

Keys = tuple[IndexKey, ...]


def key_lists(target: Target) -> Iterator[Keys]:
    """Every useful list of plain columns, the most promising first."""
    yield from _useful(target, chain(_searching(target), _paired_with_read(target), _whole(target)))


def leading(target: Target) -> Iterator[Keys]:
    """The lists to which other columns can be added: without those that only save a visit to the table."""
    yield from _useful(target, _searching(target))


def behind_equalities(target: Target, keys: Keys, method: str, families: Container[str]) -> Iterator[IndexDefinition]:
    """Each key of another method behind the columns of equalities whose types an extension adds to that method."""
    equal = target.compared(EQUAL.__contains__, joins=False)
    scalars = tuple(IndexKey(name) for name in equal if family_of(target.type(name)) in families)
    room = target.limits.max_width - 1
    if scalars and room:
        yield from (IndexDefinition(target.use.relation, (*scalars[:room], key), method=method) for key in keys)


def of_form(target: Target) -> Iterator[Keys]:
    """The lists that follow from the statement's form alone, whole ones first, then the single columns."""
    heads = list(_heads(target))
    singles = ((IndexKey(name),) for name in _compared(target))
    yield from _useful(target, chain(_completed(heads, list(_tails(target))), reversed(heads), singles))


def _useful(target: Target, lists: Iterable[Keys]) -> Iterator[Keys]:
    """Each list once, no wider than allowed, each column where it stands first."""
    seen: set[Keys] = set()
    for keys in lists:
        unique = _without_repeats(keys)
        if 0 < len(unique) <= target.limits.max_width and unique not in seen:
            seen.add(unique)
            yield unique


def _searching(target: Target) -> Iterator[Keys]:
    """What searches or sorts: single columns, heads, heads with tails, every order of two."""
    heads = list(_heads(target))
    compared = _compared(target)
    yield from ((IndexKey(name),) for name in compared)
    for name, opclass in _patterns(target).items():
        yield (IndexKey(name, opclass=opclass),)
    yield from heads
    yield from _completed(heads, list(_tails(target)))
    yield from (_plain(pair) for pair in permutations(compared, 2))


def _compared(target: Target) -> list[str]:
    return [name for name in target.in_order(target.use.compared) if name in target.sortable]


def _paired_with_read(target: Target) -> Iterator[Keys]:
    """Each compared column with one that is only read."""
    if len(target.use.columns) <= _MOST_READ:
        compared = _compared(target)
        only_read = [name for name in target.in_order(target.use.columns - set(compared)) if name in target.sortable]
        yield from ((IndexKey(one), IndexKey(other)) for one in compared for other in only_read)


def _heads(target: Target) -> Iterator[Keys]:
    """Orders of the columns that are compared by equality: with constants, with other tables, with both."""
    equal = target.compared(EQUAL.__contains__, joins=False)
    joined = target.compared(EQUAL.__contains__, joins=True)
    yield ()
    for pool in dict.fromkeys((equal, joined, tuple(dict.fromkeys((*equal, *joined))))):
        chosen = sorted(pool, key=lambda name: (-target.distinct(name), target.number(name)))[:_MOST_PERMUTED]
        for width in range(1, min(len(chosen), target.limits.max_width) + 1):
            yield from (_plain(names) for names in _arrangements(sorted(chosen, key=target.number), width))
        yield _plain(sorted(pool, key=target.number))


def _arrangements(names: Sequence[str], width: int) -> Iterator[tuple[str, ...]]:
    """Every order of two columns; of more, each column first once: what follows it is all searched by equality."""
    if width <= _FULLY_PERMUTED:
        yield from permutations(names, width)
        return
    for chosen in combinations(names, width):
        yield from ((first, *(name for name in chosen if name != first)) for first in chosen)


def _tails(target: Target) -> Iterator[Keys]:
    """What may follow: orders, ranges, groups."""
    for order in target.use.orders:
        keys = _sorted_by(order, target)
        if keys:
            yield keys
    ranged = target.compared(RANGED.__contains__, joins=False)
    for name in (*ranged, *target.compared(RANGED.__contains__, joins=True)):
        yield (IndexKey(name),)
    for name, opclass in _patterns(target).items():
        yield (IndexKey(name, opclass=opclass),)
    for group in target.use.groups:
        keys = tuple(IndexKey(key.column) for key in group if key.is_column and key.column in target.sortable)
        if len(keys) == len(group):
            yield keys
    for one, other in permutations(ranged[:_MOST_PERMUTED], 2):
        yield (IndexKey(one), IndexKey(other))


def _completed(heads: Sequence[Keys], tails: Sequence[Keys]) -> Iterator[Keys]:
    for tail in tails:
        # Read backwards behind an equality, an ascending tail serves the descending order as well.
        yield from ((*head, *tail) for head in heads)


def _whole(target: Target) -> Iterator[Keys]:
    """Every column that the statement reads, as keys: equal ones are then merged, which INCLUDE prevents."""
    use = target.use
    if use.reads_all or len(use.columns) > min(_MOST_READ, target.limits.max_width) or not use.columns:
        return
    if not use.columns <= target.sortable.keys():
        return
    singles = ((IndexKey(name),) for name in _compared(target))
    for start in chain(_heads(target), _tails(target), singles):
        rest = use.columns - {key.expression for key in start}
        yield (*start, *_plain(target.in_order(rest)))


def _plain(names: Sequence[str]) -> Keys:
    return tuple(IndexKey(name) for name in names)


def _sorted_by(order: tuple[OrderKey, ...], target: Target) -> Keys:
    """An order as keys, the first ascending: a B-tree is read in both directions alike. Only whole orders."""
    keys = tuple(
        IndexKey(key.column, descending=key.descending, nulls_first=key.nulls_first)
        for key in order
        if key.is_column and key.column in target.sortable
    )
    if len(keys) < len(order):
        return ()
    return reversed_keys(keys) if keys[0].descending else keys


def _without_repeats(keys: Keys) -> Keys:
    """Each column once, where it stands first."""
    found: dict[str, IndexKey] = {}
    for key in keys:
        found.setdefault(key.expression, key)
    return keys if len(found) == len(keys) else tuple(found.values())


def _patterns(target: Target) -> dict[str, str]:
    """The operator classes of the columns that are compared with a pattern and need one for it."""
    names = target.compared(PATTERNS.__contains__, joins=False)
    found = {name: pattern_opclass(target, target.type(name), target.columns[name].collation) for name in names}
    return {name: opclass for name, opclass in found.items() if opclass}


def pattern_opclass(target: Target, type_name: str, collation: str = "") -> str:
    """What ``LIKE 'x%'`` needs where values do not sort by bytes; empty where the default operator class will do."""
    server = target.snapshot.server
    by_bytes = server.collation in _BYTE_COLLATIONS if server.locale_provider == "c" else server.locale_provider == "b"
    if collation:
        by_bytes = collation.rpartition(".")[2].strip('"') in _BYTE_COLLATIONS
    return "" if by_bytes else _PATTERN_OPCLASSES.get(type_name, "")
