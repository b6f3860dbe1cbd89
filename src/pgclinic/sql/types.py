"""Types as SQL: the array in which values of a type are handed over."""

from functools import lru_cache

import msgspec

from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tree import Tree, parse_one, strings, written

_ONE_CHARACTER = ("pg_catalog", "bpchar")
"""What ``char`` means; ``bpchar`` alone is of any length."""


class ArrayType(msgspec.Struct, frozen=True):
    """``sql`` is the array's type; ``cast`` the type that its elements have yet to be cast to, or empty.

    Arrays of arrays are handed over as texts, because unnest takes them apart to the last element.
    """

    sql: str
    cast: str = ""


@lru_cache(maxsize=4096)
def array_of(type_name: str) -> ArrayType:
    """The array for a type as ``format_type`` spells it. Raises UnreadableSqlError for what is no type."""
    return array_of_tree(_parsed(type_name))


@lru_cache(maxsize=4096)
def unmodified(type_name: str) -> str:
    """The type without its modifiers: ``varchar`` for ``character varying(20)``, to which a cast would cut.

    Raises UnreadableSqlError for what is no type.
    """
    return _written(_parsed(type_name), is_array=True)


def _parsed(type_name: str) -> Tree:
    tree = parse_one(f"select $1::{type_name}")
    targets = tree.stmts[0].stmt.select_stmt.target_list
    if len(targets) != 1 or targets[0].res_target.val.WhichOneof("node") != "type_cast":
        raise UnreadableSqlError("not a type")
    return targets[0].res_target.val.type_cast.type_name


def array_of_tree(type_name: Tree) -> ArrayType:
    """The same for the type of a cast. Modifiers are left out: an assignment would refuse what they cut off."""
    if type_name.array_bounds:
        return ArrayType("text[]", _written(type_name, is_array=True))
    return ArrayType(_written(type_name, is_array=False))


def _written(type_name: Tree, *, is_array: bool) -> str:
    """The type as SQL, an array of it where it is none yet."""
    tree = parse_one("select $1::text[]")
    cast = tree.stmts[0].stmt.select_stmt.target_list[0].res_target.val.type_cast
    bounds = type(cast.type_name)()
    bounds.CopyFrom(cast.type_name)
    cast.type_name.CopyFrom(type_name)
    del cast.type_name.typmods[:]
    if not is_array:
        cast.type_name.array_bounds.extend(bounds.array_bounds)
    if strings(type_name.names) == _ONE_CHARACTER:
        del cast.type_name.names[:]
        cast.type_name.names.add().string.sval = "bpchar"
    return written(tree).partition("::")[2]
