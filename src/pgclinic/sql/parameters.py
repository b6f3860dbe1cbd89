"""The ``$n`` of a statement: how many there are, and the statement with values in their place."""

from pgclinic.model.workload import ParameterSet
from pgclinic.sql.arrays import parse_array
from pgclinic.sql.tree import Node, Tree, nodes, parse_one, replace_nodes, strings


def parameter_numbers(tree: Tree) -> tuple[int, ...]:
    """The numbers of the parameters in the tree, ascending, each once."""
    return tuple(
        sorted({node.param_ref.number for node in nodes(tree) if node.WhichOneof("node") == "param_ref"} - {0})
    )


def put_parameters(tree: Tree, parameters: ParameterSet) -> None:
    """Put a set of values in the place of the parameters, each as it was written; lists become as long as they were.

    Unless a value was written bare it becomes a constant of unknown type: PostgreSQL infers the type just as it does
    for a parameter, and ``interval $1`` is what was written first.

    Parameters that are left open are numbered anew from ``$1``, so that the statement can be prepared.
    """
    for node in nodes(tree):
        for items in _lists_of(node):
            _fill_list(items, parameters)

    def replacement(node: Tree) -> Tree | None:
        number = _number(node)
        if not 0 < number <= len(parameters.values) or number in parameters.open:
            return None
        return _constant(parameters.values[number - 1], is_bare=number in parameters.bare)

    replace_nodes(tree, replacement)
    renumbered = {old: new for new, old in enumerate(parameter_numbers(tree), 1)}
    for node in nodes(tree):
        if _number(node):
            node.param_ref.number = renumbered[_number(node)]


def settle_types(tree: Tree) -> None:
    """Cast what ``generate_series`` gets of unknown type: PostgreSQL has several such functions and asks which.

    It makes moments when a bound or a step says so by its type or its text, and integers otherwise. To be called when
    the values are in place.
    """
    for node in nodes(tree):
        if node.WhichOneof("node") != "func_call" or strings(node.func_call.funcname)[-1:] != ("generate_series",):
            continue
        arguments = node.func_call.args
        types = {name for each in arguments if (name := _type_of(each))}
        texts = [each.a_const.sval.sval for each in arguments if _is_text(each)]
        if types & _MOMENTS or (not types and any(not _is_integer(text) for text in texts)):
            settled = "timestamptz"
        elif not types:
            settled = "int4"
        else:
            continue
        for position, argument in enumerate(arguments):
            if _number(argument) or _is_text(argument):
                is_step = position == _STEP and settled == "timestamptz"
                argument.CopyFrom(_cast(argument, "interval" if is_step else settled))


_STEP = 2
"""Where ``generate_series(start, stop, step)`` has its step."""
_MOMENTS = frozenset({"interval", "timestamptz", "timestamp", "date"})


def _type_of(node: Tree) -> str:
    """The type that an expression is cast to, or that the clock has; empty for any other."""
    match node.WhichOneof("node"):
        case "type_cast":
            return (strings(node.type_cast.type_name.names) or ("",))[-1]
        case "sqlvalue_function":
            return "timestamptz"
        case "func_call":
            return "timestamptz" if strings(node.func_call.funcname)[-1:] in _CLOCKS else "?"
        case "a_expr":
            return _type_of(node.a_expr.lexpr) or _type_of(node.a_expr.rexpr)
        case "param_ref" | "a_const":
            return ""
    return "?"


_CLOCKS = {("now",), ("date_trunc",), ("statement_timestamp",), ("transaction_timestamp",), ("clock_timestamp",)}


def _is_integer(text: str) -> bool:
    return text.strip().lstrip("+-").isdecimal()


def _is_text(node: Tree) -> bool:
    return bool(node.WhichOneof("node") == "a_const" and node.a_const.WhichOneof("val") == "sval")


def _cast(node: Tree, type_name: str) -> Tree:
    cast = Node()
    cast.CopyFrom(
        parse_one(f"select $1::pg_catalog.{type_name}").stmts[0].stmt.select_stmt.target_list[0].res_target.val
    )
    cast.type_cast.arg.CopyFrom(node)
    return cast


def _lists_of(node: Tree) -> list[Tree]:
    """The lists in which one parameter may stand for many elements: of ``in (…)`` and of ``array[…]``."""
    match node.WhichOneof("node"):
        case "a_expr" if node.a_expr.rexpr.WhichOneof("node") == "list":
            return [node.a_expr.rexpr.list.items]
        case "a_array_expr":
            return [node.a_array_expr.elements]
    return []


def _fill_list(items: Tree, parameters: ParameterSet) -> None:
    """Replace the first element, a parameter or a cast of one, by as many of its kind as its value has elements."""
    bare = items[0] if items else Node()
    while bare.WhichOneof("node") == "type_cast":
        bare = bare.type_cast.arg
    number = _number(bare)
    if number not in parameters.lists or number in parameters.open:
        return
    pattern = Node()
    pattern.CopyFrom(items[0])
    rest = [each for each in items[1:] if _number(each) != number]
    del items[:]
    for value in parse_array(parameters.values[number - 1] or "{}"):
        element = items.add()
        element.CopyFrom(pattern)
        _put(element, _constant(value, is_bare=number in parameters.bare))
    items.extend(rest)


def _put(element: Tree, constant: Tree) -> None:
    replace_nodes(element, lambda node: constant if _number(node) else None)


def _number(node: Tree) -> int:
    """A parameter's number; 0 for any other node."""
    return int(node.param_ref.number) if node.WhichOneof("node") == "param_ref" else 0


def _constant(value: str | None, *, is_bare: bool = False) -> Tree:
    if is_bare and value is not None:
        bare = Node()
        bare.CopyFrom(parse_one(f"select {value}").stmts[0].stmt.select_stmt.target_list[0].res_target.val)
        return bare
    node = Node()
    if value is None:
        node.a_const.isnull = True
    else:
        node.a_const.sval.sval = value
    return node
