"""Conditions joined by OR, as short as can be."""

from collections.abc import Sequence

import postgast

from pgclinic.sql.operands import without_casts
from pgclinic.sql.tree import Node, Tree, expression_of, select_list, strings

_OP, _IN = 1, 7
"""A_Expr_Kind of libpg_query."""


def any_of(conditions: Sequence[str]) -> str:
    """One condition that is true where any of them is: each once, and ``a = 'x' or a = 'y'`` as ``a in ('x', 'y')``.

    Raises UnreadableSqlError for what is not an expression, and ValueError for none at all.
    """
    if not conditions:
        raise ValueError("no conditions")
    parts = list({select_list([tree]): tree for tree in map(expression_of, conditions)}.values())
    if len(parts) == 1:
        return conditions[0]
    compared = [_compared(part) for part in parts]
    first = compared[0]
    if first is not None and all(each is not None and each[0] == first[0] for each in compared):
        return select_list([_in_list(parts)])
    joined = Node()
    joined.bool_expr.boolop = postgast.pg_query_pb2.OR_EXPR
    for part in parts:
        joined.bool_expr.args.add().CopyFrom(part)
    return select_list([joined])


def _compared(node: Tree) -> tuple[str] | None:
    """What a text is compared with by ``=``, as SQL; None for any other condition."""
    if node.WhichOneof("node") != "a_expr" or node.a_expr.kind != _OP or strings(node.a_expr.name) != ("=",):
        return None
    constant = without_casts(node.a_expr.rexpr)
    if constant.WhichOneof("node") != "a_const" or constant.a_const.WhichOneof("val") != "sval":
        return None
    return (select_list([node.a_expr.lexpr]),)


def _in_list(parts: Sequence[Tree]) -> Tree:
    node = Node()
    node.a_expr.kind = _IN
    node.a_expr.name.add().string.sval = "="
    node.a_expr.lexpr.CopyFrom(parts[0].a_expr.lexpr)
    for part in parts:
        node.a_expr.rexpr.list.items.add().CopyFrom(part.a_expr.rexpr)
    return node
