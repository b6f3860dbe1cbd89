"""B-trees on expressions: what the statement computes from a column before it compares, sorts or groups by it.

Only immutable expressions can be indexed; ``sql.immutable`` knows which are.
"""

from collections.abc import Iterator

from pgclinic.advise.candidates.keys import EQUAL, PATTERNS, RANGED, pattern_opclass
from pgclinic.advise.candidates.target import Target
from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.shape import OrderKey


def propose(target: Target) -> Iterator[IndexDefinition]:
    """Each expression alone, with the columns of equalities before it, behind it, and with the order behind it."""
    equal = target.compared(EQUAL.__contains__, joins=False)
    head = tuple(
        IndexKey(name) for name in sorted(equal, key=lambda name: (-target.distinct(name), target.number(name)))
    )
    room = max(0, target.limits.max_width - 1)
    searched = tuple(_searched(target))
    orders = tuple(keys for order in (*target.use.orders, *target.use.groups) if (keys := _keys(target, order)))
    lists: list[tuple[IndexKey, ...]] = [(key,) for key in searched]
    if len(searched) > 1:
        lists.append(searched[: target.limits.max_width])
    lists += [(*head[:room], key) for key in searched]
    lists += [(key, *head[:room]) for key in searched]
    for order in orders:
        if not all(key.is_column for key in order):
            lists += [order, (*head[:room], *order)]
        lists += [(key, *order) for key in searched]
    for keys in lists:
        unique = tuple(dict.fromkeys(keys))
        if len({key.expression for key in unique}) == len(unique):
            yield IndexDefinition(target.use.relation, unique)


def _searched(target: Target) -> Iterator[IndexKey]:
    """The expressions of conditions that a B-tree serves, each once."""
    found: dict[IndexKey, None] = {}
    for condition in target.use.conditions:
        if condition.is_column or condition.operator not in EQUAL | RANGED | PATTERNS:
            continue
        type_name = target.expression_type(condition.operand)
        if type_name is None or not target.is_sortable_type(type_name):
            continue
        opclass = pattern_opclass(target, type_name) if condition.operator in PATTERNS else ""
        found[IndexKey(condition.operand, is_column=False, opclass=opclass)] = None
    yield from found


def _keys(target: Target, order: tuple[OrderKey, ...]) -> tuple[IndexKey, ...]:
    """An order as keys, or nothing where one of them cannot be a key."""
    keys = []
    for key in order:
        type_name = target.expression_type(key.column) if not key.is_column else None
        if key.column not in target.sortable if key.is_column else not target.is_sortable_type(type_name or ""):
            return ()
        keys.append(
            IndexKey(key.column, is_column=key.is_column, descending=key.descending, nulls_first=key.nulls_first)
        )
    return tuple(keys)
