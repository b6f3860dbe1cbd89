"""When two expressions or predicates are the same in other words, as a user writes them and as the server prints them.

PostgreSQL prints what it stored after analysis (ruleutils.c): ``status = 'a'`` becomes ``(status = 'a'::text)``,
``x in (1, 2)`` becomes ``(x = ANY (ARRAY[1, 2]))``. Both are brought to one form; nothing is evaluated.
"""

from functools import lru_cache

from pgclinic.sql.operands import without_relabelling
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tree import Node, Tree, expression_of, replace_nodes, select_list, strings

_AND = 1
_OP, _OP_ANY, _OP_ALL, _IN, _LAST_PATTERN = 1, 2, 3, 7, 10
_IS_NOT_NULL = 2
_PATTERNS = range(8, _LAST_PATTERN + 1)
_EXPLICIT_CALL = 1


@lru_cache(maxsize=16384)
def canonical(expression: str) -> str:
    """An expression in the one form that its spellings share; itself when it does not parse."""
    try:
        return _written(expression_of(expression))
    except UnreadableSqlError:
        return expression


@lru_cache(maxsize=16384)
def conjuncts(predicate: str) -> frozenset[str]:
    """The canonical conditions that a predicate joins by AND; none for the empty predicate."""
    if not predicate:
        return frozenset()
    try:
        return frozenset(_written(each) for each in _parts(expression_of(predicate)))
    except UnreadableSqlError:
        return frozenset({predicate})


@lru_cache(maxsize=16384)
def column_that_is_not_null(conjunct: str) -> str:
    """The column of ``column is not null``, unquoted; empty for any other condition."""
    try:
        root = expression_of(conjunct)
    except UnreadableSqlError:
        return ""
    if root.WhichOneof("node") != "null_test" or root.null_test.nulltesttype != _IS_NOT_NULL:
        return ""
    names = strings(root.null_test.arg.column_ref.fields)
    return names[0] if len(names) == 1 else ""


def _parts(node: Tree) -> list[Tree]:
    if node.WhichOneof("node") == "bool_expr" and node.bool_expr.boolop == _AND:
        return [part for each in node.bool_expr.args for part in _parts(each)]
    return [node]


def _written(node: Tree) -> str:
    copy = Node()
    copy.CopyFrom(node)
    _simplify(copy)
    return select_list([copy])


def _simplify(node: Tree) -> None:
    """Bring a tree to the common form, from the root down."""
    replace_nodes(node, _replacement)


def _replacement(node: Tree) -> Tree | None:
    match node.WhichOneof("node"):
        case "type_cast":
            bare = without_relabelling(node)
            if bare.WhichOneof("node") == "type_cast":
                inner = _without_any_cast(bare)
                bare = inner if inner.WhichOneof("node") in {"a_const", "a_array_expr"} else bare
            return _simplified(bare) if bare is not node else None
        case "a_const":
            return _as_text(node)
        case "a_expr":
            return _operation(node)
        case "func_call":
            return _call(node)
    return None


def _simplified(node: Tree) -> Tree:
    copy = Node()
    copy.CopyFrom(node)
    if copy.WhichOneof("node") != "type_cast":
        replaced = _replacement(copy)
        if replaced is not None:
            return replaced
    _simplify_children(copy)
    return copy


def _simplify_children(node: Tree) -> None:
    kind = node.WhichOneof("node")
    if kind:
        _simplify(getattr(node, kind))


def _without_any_cast(node: Tree) -> Tree:
    while node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    return node


def _as_text(node: Tree) -> Tree | None:
    """A number as text, as it may be printed with or without quotes."""
    constant = node.a_const
    kind = constant.WhichOneof("val")
    if constant.isnull or kind not in {"ival", "fval"}:
        return None
    new = Node()
    new.a_const.sval.sval = str(constant.ival.ival if kind == "ival" else constant.fval.fval)
    return new


def _operation(node: Tree) -> Tree | None:
    """LIKE is the operator ``~~``; a list of values is ``= any (array[…])`` whichever way it is written."""
    expression = node.a_expr
    if expression.kind == _OP and not expression.HasField("lexpr") and strings(expression.name) == ("-",):
        return _negative(expression.rexpr)
    if expression.kind not in {*_PATTERNS, _OP_ANY, _OP_ALL, _IN}:
        return None
    new = Node()
    new.CopyFrom(node)
    if expression.kind in _PATTERNS:
        new.a_expr.kind = _OP
    else:
        right = _without_any_cast(expression.rexpr)
        if expression.kind == _IN:
            new.a_expr.kind = _OP_ANY if strings(expression.name) == ("=",) else _OP_ALL
            new.a_expr.rexpr.Clear()
            new.a_expr.rexpr.a_array_expr.elements.extend(right.list.items)
        else:
            new.a_expr.rexpr.CopyFrom(right)
    _simplify_children(new)
    return new


def _negative(operand: Tree) -> Tree | None:
    text = _as_text(_without_any_cast(operand))
    if text is not None:
        text.a_const.sval.sval = "-" + text.a_const.sval.sval
    return text


def _call(node: Tree) -> Tree:
    """A function by its last name, as the search path decides which others are printed, and without special syntax."""
    new = Node()
    new.CopyFrom(node)
    name = strings(node.func_call.funcname)[-1]
    del new.func_call.funcname[:]
    new.func_call.funcname.add().string.sval = name
    new.func_call.funcformat = _EXPLICIT_CALL
    _simplify_children(new)
    return new
