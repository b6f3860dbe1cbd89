"""GiST: ranges, geometry, networks, label trees; the nearest first.

Documentation, "Built-in GiST Operator Classes".
"""

from collections.abc import Iterator

from pgclinic.advise.candidates.keys import behind_equalities
from pgclinic.advise.candidates.target import Target, type_of_operand
from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.shape import Condition
from pgclinic.sql.built_in import family_of

_OF_RANGES = frozenset({"&&", "@>", "<@", "<<", ">>", "&<", "&>", "-|-"})
_OF_AREAS = frozenset({"&&", "@>", "<@", "<<", ">>", "&<", "&>", "~=", "<<|", "|>>", "&<|", "|&>"})
_OPERATORS = {
    "box": _OF_AREAS,
    "polygon": _OF_AREAS | {"<->"},
    "circle": _OF_AREAS | {"<->"},
    "point": frozenset({"<@", "~=", "<<", ">>", "<<|", "|>>", "<->"}),
    "ltree": frozenset({"@>", "<@", "~", "?", "@"}),
    "cube": frozenset({"&&", "@>", "<@", "<->"}),
    "seg": frozenset({"&&", "@>", "<@"}),
}
"""Types with a default operator class, and its operators; those of distance order."""
_OF_NETWORKS = frozenset({"<<", "<<=", ">>", ">>=", "&&"})
_SCALARS = frozenset({"text", "number", "date", "timestamp", "timestamptz", "uuid"})
"""Families that btree_gist adds to GiST on every supported version."""


def propose(target: Target) -> Iterator[IndexDefinition]:
    """Each key alone, and behind the columns of equalities where btree_gist is installed."""
    relation = target.use.relation
    keys = tuple(dict.fromkeys(key for each in target.use.conditions for key in _keys(target, each)))
    yield from (IndexDefinition(relation, (key,), method="gist") for key in keys)
    if target.has_extension("btree_gist"):
        yield from behind_equalities(target, keys, "gist", _SCALARS)


def _keys(target: Target, condition: Condition) -> Iterator[IndexKey]:
    type_name = type_of_operand(target, condition) or ""
    operator = condition.operator
    opclass: str | None = None
    if operator in _OPERATORS.get(type_name, ()) or (target.is_range_type(type_name) and operator in _OF_RANGES):
        opclass = ""
    elif type_name in {"inet", "cidr"} and operator in _OF_NETWORKS:
        opclass = "inet_ops"
    elif family_of(type_name) == "text" and operator == "<->":
        opclass = target.opclass("pg_trgm", "gist_trgm_ops") or None
    if opclass is not None:
        yield IndexKey(condition.operand, is_column=condition.is_column, opclass=opclass)
