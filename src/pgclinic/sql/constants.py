"""The value of a constant, in a parse tree or as it was written."""

import msgspec

from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tree import Tree, parse_one


class Constant(msgspec.Struct, frozen=True):
    """A constant as text (None is SQL null); ``is_bare`` when it was written without quotes."""

    text: str | None
    is_bare: bool = False


def constant_value(node: Tree) -> Constant | None:
    """The value of a constant in a parse tree, through casts; None for any other expression and for bit strings."""
    while node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    if node.WhichOneof("node") != "a_const":
        return None
    constant = node.a_const
    match "isnull" if constant.isnull else constant.WhichOneof("val"):
        case "isnull":
            found = Constant(None)
        case "sval":
            found = Constant(constant.sval.sval)
        case "ival":
            found = Constant(str(constant.ival.ival), is_bare=True)
        case "fval":
            found = Constant(constant.fval.fval, is_bare=True)
        case "boolval":
            found = Constant("true" if constant.boolval.boolval else "false", is_bare=True)
        case _:
            return None
    return found


def text_constant(written: str) -> Constant | None:
    """The value of a string constant in any of its spellings; None for one that has no text (bit strings)."""
    if written.startswith("'") and "\n" not in written:
        return Constant(written[1:-1].replace("''", "'"))
    try:
        target = parse_one(f"select {written}").stmts[0].stmt.select_stmt.target_list[0]
    except UnreadableSqlError:
        return None
    return constant_value(target.res_target.val)
