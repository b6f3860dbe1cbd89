"""Hash indexes: equality on one wide column of mostly different values, where the entries are smaller than a B-tree's.

A hash entry is 16 bytes however wide the value (hash.h); a B-tree keeps the value, but each only once.
"""

from collections.abc import Iterator

from pgclinic.advise.candidates.target import Target
from pgclinic.model.catalog import IndexDefinition, IndexKey

_NARROWEST = 24
"""Bytes: from here on a hash page holds more entries than a B-tree leaf."""
_LEAST_DIFFERENT = 0.5
_HASHED = frozenset({"text", "character varying", "character", "bytea", "numeric", "citext"})


def propose(target: Target) -> Iterator[IndexDefinition]:
    """One index a column that is compared by nothing but equality."""
    for name in target.in_order({each.operand for each in target.use.conditions if each.is_column}):
        operators = {each.operator for each in target.use.conditions if each.is_column and each.operand == name}
        if operators == {"="} and target.type(name) in _HASHED and _is_smaller(target, name):
            yield IndexDefinition(target.use.relation, (IndexKey(name),), method="hash")


def _is_smaller(target: Target, name: str) -> bool:
    is_varied = target.distinct(name) >= _LEAST_DIFFERENT * max(target.relation.tuples, 1.0)
    return target.width(name) >= _NARROWEST and target.statistics(name) is not None and is_varied
