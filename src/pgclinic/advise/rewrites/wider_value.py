"""`number = $1::numeric` for an integer column gets `number = $1::integer` beside it for its index to be searched by.

The value is only cast where it is whole and fits, since the cast would round or fail; the condition itself stays. Of
floating point numbers only where the column's are all exact in them, which those of bigint are not.
"""

from pgclinic.advise.rewrites import Query, Rewritten
from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.sql.rewriting import names_no_column, text_of
from pgclinic.sql.tree import Tree, strings

_LARGEST = {"smallint": "32767", "integer": "2147483647", "bigint": "9223372036854775807"}
_WIDER = {"numeric": frozenset(_LARGEST), "float8": frozenset({"smallint", "integer"})}
"""Types of values, as they are called inside, with the columns that are converted to be compared with them."""


def rewrite(query: Query) -> Rewritten | None:
    """Add the comparison in the column's own type."""
    opened = query.opened()
    if opened is None:
        return None
    for side, value in opened.equalities():
        column = opened.column(side)
        known = query.column(column.relation, column.column) if column else None
        if column is None or known is None or known.type not in _WIDER.get(_cast(value), frozenset()):
            continue
        if not names_no_column(value):
            continue
        opened.demand(_in_own_type(text_of(side), f"({text_of(value)})", known.type))
        return Rewritten(
            sql=opened.sql,
            change="an integer that is compared as a wider number is compared as what it is beside it",
            sameness="a number that equals the integer can be cast to it, and the condition stays",
            index=IndexDefinition(relation=column.relation, keys=(IndexKey(column.column),)),
        )
    return None


def _in_own_type(column: str, value: str, type_: str) -> str:
    """The comparison in the column's type, with null for a number that is none of its values."""
    largest = _LARGEST[type_]
    whole = f"case when {value} = trunc({value}) then {value}::{type_} end"
    return f"{column} = case when {value} between -{largest} - 1 and {largest} then {whole} end"


def _cast(value: Tree) -> str:
    return strings(value.type_cast.type_name.names)[-1] if value.WhichOneof("node") == "type_cast" else ""
