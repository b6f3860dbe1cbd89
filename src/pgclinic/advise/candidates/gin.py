"""GIN: values that are searched by what they contain: documents, arrays, texts, words.

Documentation, "Built-in GIN Operator Classes": which operators each class has. ``constant = any(array)`` has none.
"""

from collections.abc import Iterator

from pgclinic.advise.candidates.keys import behind_equalities
from pgclinic.advise.candidates.target import Target, type_of_operand
from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.shape import Condition
from pgclinic.sql.built_in import family_of

_CLASSES = (
    ("jsonb", frozenset({"@>", "@?", "@@"}), "jsonb_path_ops"),
    ("jsonb", frozenset({"?", "?|", "?&"}), ""),
    ("hstore", frozenset({"@>", "?", "?|", "?&"}), ""),
    ("tsvector", frozenset({"@@", "@@@"}), ""),
)
"""Type, operators, operator class; an empty one is the type's default."""
_OF_ARRAYS = frozenset({"@>", "<@", "&&"})
_OF_PATTERNS = frozenset({"~~", "~~*", "~", "~*"})
_OF_LIKE = frozenset({"~~", "~~*"})
_TRIGRAM = 3
_SCALARS = frozenset({"text", "number", "date", "timestamp", "timestamptz", "boolean", "uuid"})
"""Families that btree_gin adds to GIN on every supported version."""


def propose(target: Target) -> Iterator[IndexDefinition]:
    """Each key alone, all of them together, and with the columns of equalities where btree_gin is installed."""
    relation = target.use.relation
    keys = tuple(dict.fromkeys(key for each in target.use.conditions for key in _keys(target, each)))
    yield from (IndexDefinition(relation, (key,), method="gin") for key in keys)
    if len(keys) > 1:
        first_of_operand = {key.expression: key for key in reversed(keys)}
        together = tuple(key for key in keys if first_of_operand[key.expression] is key)
        yield IndexDefinition(relation, together[: target.limits.max_width], method="gin")
    if target.has_extension("btree_gin"):
        yield from behind_equalities(target, keys, "gin", _SCALARS)


def _keys(target: Target, condition: Condition) -> Iterator[IndexKey]:
    type_name = type_of_operand(target, condition) or ""
    for opclass in _opclasses(target, condition, type_name):
        yield IndexKey(condition.operand, is_column=condition.is_column, opclass=opclass)


def _opclasses(target: Target, condition: Condition, type_name: str) -> tuple[str, ...]:
    """The operator classes that have the condition's operator; an empty name is the type's default."""
    operator = condition.operator
    if type_name.endswith("[]"):
        is_searched = operator in _OF_ARRAYS and target.is_sortable_type(type_name.removesuffix("[]"))
        return ("",) if is_searched else ()
    if family_of(type_name) == "text" and type_name != "citext":
        opclass = target.opclass("pg_trgm", "gin_trgm_ops")
        return (opclass,) if opclass and operator in _OF_PATTERNS and _has_trigrams(condition) else ()
    return tuple(opclass for name, operators, opclass in _CLASSES if name == type_name and operator in operators)


def _has_trigrams(condition: Condition) -> bool:
    """Whether a pattern may begin with anything and holds three letters in a row; an unknown one may."""
    if condition.operator not in _OF_LIKE:
        return True
    is_anchored = condition.operator == "~~" and not any(text[:1] in {"%", "_"} for text in condition.constants)
    if condition.constants and is_anchored:
        return False
    words = [piece for text in condition.constants for piece in text.replace("_", "%").split("%")]
    return not condition.constants or any(len(word) >= _TRIGRAM for word in words)
