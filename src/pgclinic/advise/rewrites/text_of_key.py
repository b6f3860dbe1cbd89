"""`key::text = $1` gets `key = $1::uuid`, or of whichever type the key is, beside it for its index to be searched by.

The value is only cast where it is written as PostgreSQL writes such a key, since the cast would fail on others; the
condition itself stays. So the rows are the same for every text.
"""

from pgclinic.advise.rewrites import Query, Rewritten
from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.sql import quote
from pgclinic.sql.rewriting import names_no_column, text_of
from pgclinic.sql.tree import Tree, strings

_TEXTS = frozenset({"text", "varchar"})
_LARGEST = {"smallint": (5, "32767"), "integer": (10, "2147483647"), "bigint": (19, "9223372036854775807")}
"""How many digits the largest number of a type has, and which it is."""
_UUID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_TYPES = frozenset({"uuid", *_LARGEST})


def rewrite(query: Query) -> Rewritten | None:
    """Add the comparison in the key's own type."""
    opened = query.opened()
    if opened is None:
        return None
    for side, other in opened.equalities():
        column = opened.column(side.type_cast.arg) if _is_text(side) else None
        known = query.column(column.relation, column.column) if column else None
        if column is None or known is None or known.type not in _TYPES or not names_no_column(other):
            continue
        opened.demand(_in_own_type(text_of(side.type_cast.arg), f"({text_of(other)})::text", known.type))
        return Rewritten(
            sql=opened.sql,
            change="a key that is compared as text is compared as what it is beside it",
            sameness="a text that equals the key can be cast back to it, and the condition stays",
            index=IndexDefinition(relation=column.relation, keys=(IndexKey(column.column),)),
        )
    return None


def _in_own_type(key: str, value: str, type_: str) -> str:
    """The comparison in the key's type, with null for a text that is none of its values."""
    if type_ == "uuid":
        return f"{key} = case when {value} ~ {quote.literal(_UUID)} then {value}::uuid end"
    digits, largest = _LARGEST[type_]
    fits = f"case when {value}::numeric between -{largest} - 1 and {largest} then {value}::{type_} end"
    return f"{key} = case when {value} ~ '^-?[0-9]{{1,{digits}}}$' then {fits} end"


def _is_text(side: Tree) -> bool:
    return side.WhichOneof("node") == "type_cast" and strings(side.type_cast.type_name.names)[-1] in _TEXTS
