"""What stands on either side of a comparison: casts taken off, readings of the clock, ends of a column."""

from pgclinic.sql.tree import Tree, strings

_CLOCK = frozenset({"now", "transaction_timestamp", "statement_timestamp", "clock_timestamp"})
_TEXTS = frozenset({"text", "varchar"})


def without_casts(node: Tree) -> Tree:
    """The operand below all casts."""
    while node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    return node


def without_relabelling(node: Tree) -> Tree:
    """A cast between text types does not keep an index from being used (``column::text``); others do."""
    while node.WhichOneof("node") == "type_cast" and (strings(node.type_cast.type_name.names) or ("",))[-1] in _TEXTS:
        node = node.type_cast.arg
    return node


def reads_clock(node: Tree) -> bool:
    """Whether the operand is the present moment, as ``now()`` or ``CURRENT_DATE``."""
    bare = without_casts(node)
    if bare.WhichOneof("node") == "func_call":
        return (strings(bare.func_call.funcname) or ("",))[-1] in _CLOCK
    return bool(bare.WhichOneof("node") == "sqlvalue_function")


def end_of_column(node: Tree) -> tuple[Tree, bool] | None:
    """The argument of ``min`` or ``max``, which an index delivers first, and whether the largest is wanted."""
    call = node.func_call
    name = (strings(call.funcname) or ("",))[-1]
    if node.WhichOneof("node") != "func_call" or name not in {"min", "max"} or len(call.args) != 1:
        return None
    return call.args[0], name == "max"


def is_node(message: Tree) -> bool:
    """Whether a message is the wrapper around a child."""
    return bool(message.DESCRIPTOR.name == "Node")


def children(message: Tree) -> list[Tree]:
    """The messages directly below one."""
    found: list[Tree] = []
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            found.extend([value] if hasattr(value, "DESCRIPTOR") else value)
    return found
