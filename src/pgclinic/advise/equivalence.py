"""When one index already is another in other words."""

import msgspec

from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.sql.equality import canonical, column_that_is_not_null, conjuncts

_IN_ANY_ORDER = frozenset({"gin", "brin"})
"""Methods that search by any of their keys alike (documentation, "Multicolumn Indexes")."""
_ALL_OF_JSONB = ("jsonb_path_ops", "")
"""What a jsonb_path_ops index finds, one of the default operator class finds as well."""

_DEFAULTS = frozenset({"jsonb_ops", "tsvector_ops", "array_ops"})
"""Operator classes that are their type's default, written or not."""


def serves(existing: IndexDefinition, proposed: IndexDefinition) -> bool:
    """Whether every lookup and sort that ``proposed`` could serve, ``existing`` serves as well.

    For a B-tree when the proposed keys are the first keys of the existing one, all in the same or all in the opposite
    direction, and every included column is in it; a hash index is served by a B-tree that begins with its column; GIN
    and BRIN are searched by any of their keys, GiST by its first ones. The existing one's rows must hold all of the
    proposed one's. Expressions and predicates are compared as PostgreSQL would understand them, not as they are
    spelled. A unique index serves as a plain one, not the other way round.
    """
    if existing.relation != proposed.relation or (proposed.is_unique and not existing.is_unique):
        return False
    if not _holds_rows(existing, proposed):
        return False
    have, wanted = _keys(existing), _keys(proposed)
    if proposed.method == "hash" and existing.method == "btree":
        return have[:1] == wanted
    if existing.method != proposed.method:
        return False
    if existing.method in _IN_ANY_ORDER:
        return all(key in have or _wider(key) in have for key in wanted)
    prefix = have[: len(wanted)]
    return _carries(existing, proposed) and prefix in {wanted, reversed_keys(wanted)}


def reversed_keys(keys: tuple[IndexKey, ...]) -> tuple[IndexKey, ...]:
    """The keys in which a B-tree of ``keys`` delivers its rows when it is read backwards."""
    return tuple(
        msgspec.structs.replace(key, descending=not key.descending, nulls_first=not key.nulls_first) for key in keys
    )


def _holds_rows(existing: IndexDefinition, proposed: IndexDefinition) -> bool:
    """Whether the rows of the proposed index are all in the existing one, and not lost among many others.

    A condition that only the proposed one makes sets rows apart that the existing one cannot tell from the rest, but
    for nulls of its own first key, which a B-tree keeps together.
    """
    have, wanted = conjuncts(existing.predicate), conjuncts(proposed.predicate)
    first = existing.keys[0]
    told_apart = {first.expression} if first.is_column and existing.method == "btree" else set()
    return have <= wanted and all(column_that_is_not_null(each) in told_apart for each in wanted - have)


def _carries(existing: IndexDefinition, proposed: IndexDefinition) -> bool:
    stored = {key.expression for key in existing.keys if key.is_column} | set(existing.include)
    return set(proposed.include) <= stored


def _keys(definition: IndexDefinition) -> tuple[IndexKey, ...]:
    """The keys with their expressions and operator classes in the one form that all spellings share."""
    return tuple(
        msgspec.structs.replace(
            key,
            expression=key.expression if key.is_column else canonical(key.expression),
            opclass="" if key.opclass in _DEFAULTS else key.opclass,
        )
        for key in definition.keys
    )


def _wider(key: IndexKey) -> IndexKey:
    narrow, wide = _ALL_OF_JSONB
    return msgspec.structs.replace(key, opclass=wide) if key.opclass == narrow else key
