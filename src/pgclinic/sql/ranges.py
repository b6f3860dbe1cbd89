"""Which columns a condition of a plan compares with constants by order, read from what EXPLAIN prints."""

from collections.abc import Iterator

import msgspec

from pgclinic.sql.operands import without_casts
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tree import Tree, nodes, parse_one, select_list, strings

_ORDERED = frozenset({"<", "<=", ">", ">="})
_NOT_CONSTANT = frozenset({"column_ref", "param_ref", "sub_link"})


class RangeComparison(msgspec.Struct, frozen=True):
    """A column, unqualified, and the constant that it is compared with, as SQL."""

    column: str
    constant: str


def range_comparisons(condition: str) -> tuple[RangeComparison, ...]:
    """Every comparison of a column by ``< <= > >=`` with something constant; none in what cannot be read."""
    try:
        return tuple(_found(parse_one(f"select ({condition}\n)")))
    except UnreadableSqlError:  # sub-plans and the like are printed in no SQL
        return ()


def _found(tree: Tree) -> Iterator[RangeComparison]:
    for node in nodes(tree):
        if node.WhichOneof("node") != "a_expr" or not set(strings(node.a_expr.name)) & _ORDERED:
            continue
        for side, other in ((node.a_expr.lexpr, node.a_expr.rexpr), (node.a_expr.rexpr, node.a_expr.lexpr)):
            column = without_casts(side)
            if column.WhichOneof("node") == "column_ref" and _is_constant(other):
                yield RangeComparison(strings(column.column_ref.fields)[-1], select_list([other]))


def _is_constant(node: Tree) -> bool:
    kinds = {each.WhichOneof("node") for each in (node, *nodes(node))}
    return None not in kinds and not kinds & _NOT_CONSTANT
