"""Values that no row changes, computed once for a statement instead of once a row.

``(select f())`` becomes an InitPlan, evaluated when it is first needed and then kept (documentation, "Row Security
Policies"). What is wrapped is the largest value that names no column, with its casts and extractions; a comparison is
left outside, so that the planner sees what is compared.
"""

from collections.abc import Callable

from pgclinic.sql.expressions import FunctionCall
from pgclinic.sql.operands import children, is_node
from pgclinic.sql.tree import Tree, expression_of, select_list, strings

Volatility = Callable[[FunctionCall], str]

_VALUES = frozenset({"func_call", "type_cast", "coalesce_expr", "min_max_expr"})
_MAKING_VALUES = frozenset({"->", "->>", "#>", "#>>", "||", "+", "-", "*", "/"})
_OP, _ANY, _ALL, _NULLIF = 1, 2, 3, 6
"""A_Expr_Kind of libpg_query."""
_ROW_OR_UNKNOWN = frozenset({"ColumnRef", "SubLink", "ParamRef", "WindowDef"})


def computed_once(expression: str, volatility: Volatility) -> str:
    """The expression with each such value that calls a STABLE function as ``(select …)``; the same text without any.

    A value with a call that is volatile, or of which that is not known, stays, and its parts are looked at instead.
    Raises UnreadableSqlError for what is not an expression.
    """
    root = expression_of(expression)
    return select_list([root]) if _wrap(root, volatility) else expression


def _wrap(message: Tree, volatility: Volatility) -> bool:
    """Wrap in place; says whether there was anything."""
    if message.DESCRIPTOR.name == "SubLink":
        return False
    if is_node(message) and _is_value(message) and _is_the_same_for_all_rows(message, volatility):
        message.CopyFrom(_selected(message))
        return True
    if message.DESCRIPTOR.name == "A_Expr" and message.kind in {_ANY, _ALL}:
        return _wrap_beside_array(message, volatility)
    found = [_wrap(child, volatility) for child in children(message)]
    return any(found)


def _wrap_beside_array(comparison: Tree, volatility: Volatility) -> bool:
    """``= any ((select array))`` would compare with the rows of a query: only below a cast is a value still a value."""
    right = comparison.rexpr
    found = [_wrap(comparison.lexpr, volatility)]
    if right.WhichOneof("node") == "type_cast":
        found.append(_wrap(right.type_cast.arg, volatility))
    elif right.WhichOneof("node") == "a_array_expr":
        found.append(_wrap(right.a_array_expr, volatility))
    return any(found)


def _is_value(node: Tree) -> bool:
    kind = node.WhichOneof("node")
    if kind == "a_expr":
        return node.a_expr.kind == _NULLIF or (
            node.a_expr.kind == _OP and (strings(node.a_expr.name) or ("",))[-1] in _MAKING_VALUES
        )
    return kind in _VALUES


def _is_the_same_for_all_rows(node: Tree, volatility: Volatility) -> bool:
    """Whether it reads no row, and calls something STABLE and nothing that may differ."""
    pending, calls = [node], set()
    while pending:
        message = pending.pop()
        if message.DESCRIPTOR.name in _ROW_OR_UNKNOWN:
            return False
        if message.DESCRIPTOR.name == "FuncCall":
            *schema, name = strings(message.funcname)
            calls.add(volatility(FunctionCall(schema[-1] if schema else "", name, len(message.args))))
        pending.extend(children(message))
    return "s" in calls and calls <= {"s", "i"}


def _selected(node: Tree) -> Tree:
    wrapped = expression_of("(select 1)")
    wrapped.sub_link.subselect.select_stmt.target_list[0].res_target.val.CopyFrom(node)
    return wrapped
