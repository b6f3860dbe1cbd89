"""Which clauses a statement has: limits, offsets, aggregates, and where the clock is read."""

from pgclinic.sql.operands import is_node, reads_clock, without_casts
from pgclinic.sql.tree import Tree, nodes, strings

_AGGREGATES = frozenset((
    "count", "sum", "avg", "min", "max", "array_agg", "string_agg", "json_agg", "jsonb_agg", "json_object_agg",
    "jsonb_object_agg", "bool_and", "bool_or", "every", "stddev", "variance", "stddev_pop", "stddev_samp",
    "var_pop", "var_samp", "percentile_cont", "percentile_disc", "mode", "corr", "bit_and", "bit_or", "range_agg",
    "any_value",
))  # fmt: skip
"""PostgreSQL's own aggregates that people use."""


def outermost_select(tree: Tree) -> Tree | None:
    """The SELECT whose rows the client gets; None for a statement that changes something."""
    statement = tree.stmts[0].stmt
    return statement.select_stmt if statement.WhichOneof("node") == "select_stmt" else None


def is_limited(select: Tree) -> bool:
    """Whether a SELECT ends after so many rows."""
    return bool(select.HasField("limit_count"))


def has_offset(select: Tree) -> bool:
    """Whether a SELECT skips rows."""
    return bool(select.HasField("limit_offset"))


def aggregates(tree: Tree) -> bool:
    """Whether rows are summed up anywhere: GROUP BY, DISTINCT, or an aggregate of PostgreSQL's own."""
    for node in nodes(tree):
        kind = node.WhichOneof("node")
        if kind == "select_stmt" and (node.select_stmt.group_clause or node.select_stmt.distinct_clause):
            return True
        if kind == "func_call" and _is_aggregate(node.func_call):
            return True
    return False


def _is_aggregate(call: Tree) -> bool:
    return bool(call.agg_star or (strings(call.funcname) or ("",))[-1] in _AGGREGATES) and not call.HasField("over")


def calls_functions_in_from(tree: Tree) -> bool:
    """Whether rows come out of a function, whose own work is counted with the statement."""
    return any(node.WhichOneof("node") == "range_function" for node in nodes(tree))


def calls_functions_alone(tree: Tree) -> bool:
    """Whether it is a SELECT from functions and nothing else: what it does is out of sight."""
    kinds = [node.WhichOneof("node") for node in nodes(tree)]
    calls = "range_function" in kinds or "func_call" in kinds
    return calls and "range_var" not in kinds and tree.stmts[0].stmt.WhichOneof("node") == "select_stmt"


def is_single_row_insert(tree: Tree) -> bool:
    """Whether it is an INSERT with one row of VALUES."""
    insert = tree.stmts[0].stmt.insert_stmt
    values = insert.select_stmt.select_stmt.values_lists
    return tree.stmts[0].stmt.WhichOneof("node") == "insert_stmt" and len(values) == 1


def orders_by_chance(tree: Tree) -> bool:
    """Whether rows are sorted by ``random()``."""
    return any(
        (strings(without_casts(node.sort_by.node).func_call.funcname) or ("",))[-1] == "random"
        for node in nodes(tree)
        if node.WhichOneof("node") == "sort_by"
    )


def asks_clock_in_conditions(tree: Tree) -> bool:
    """Whether any WHERE, ON or HAVING reads the clock. What a select list reads says only when it was made."""
    pending: list[tuple[Tree, bool]] = [(tree, False)]
    while pending:
        current, is_condition = pending.pop()
        if is_node(current) and is_condition and reads_clock(current):
            return True
        for field, value in current.ListFields():
            if field.type == field.TYPE_MESSAGE:
                here = is_condition or field.name in {"where_clause", "having_clause", "quals"}
                pending.extend((each, here) for each in ([value] if hasattr(value, "DESCRIPTOR") else value))
    return False


def ranges_in_from(select: Tree) -> list[Tree]:
    """What stands in a FROM, joins opened."""
    pending, found = list(select.from_clause), []
    while pending:
        item = pending.pop(0)
        if item.WhichOneof("node") == "join_expr":
            pending = [item.join_expr.larg, item.join_expr.rarg, *pending]
        else:
            found.append(item)
    return found
