"""`a = $1 or b = $2` over several tables' or columns' becomes a UNION ALL of both, the second without the first's rows.

Each row of the join comes once: an arm leaves out what an earlier arm is true for, nulls counting as not true. So
duplicates stay as many as they are. Only without ORDER BY, LIMIT, DISTINCT, groups and windows, which look at all rows.
"""

from pgclinic.advise.rewrites import Query, Rewritten
from pgclinic.sql.clauses import aggregates
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.rewriting import OR, OpenSelect, expression, nodes_of, open_select
from pgclinic.sql.tree import Node, Tree, nodes, parse_one

_MOST_ARMS = 3


def rewrite(query: Query) -> Rewritten | None:
    """Split the statement by the first OR of its WHERE whose arms compare different columns."""
    opened = query.opened()
    if opened is None or _looks_at_all_rows(opened):
        return None
    if any(node.WhichOneof("node") == "func_call" for each in opened.conjuncts() for node in nodes_of(each)):
        return None  # it might answer otherwise when asked again
    for position, condition in enumerate(opened.conjuncts()):
        is_or = condition.WhichOneof("node") == "bool_expr" and condition.bool_expr.boolop == OR
        arms = [_copy(each) for each in condition.bool_expr.args] if is_or else []
        if not 1 < len(arms) <= _MOST_ARMS or not _are_apart(opened, arms):
            continue
        return Rewritten(
            sql=_united(query, position, arms),
            change="conditions on different columns joined by or become a union",
            sameness="each arm leaves out the rows of those before it",
        )
    return None


def _looks_at_all_rows(opened: OpenSelect) -> bool:
    select = opened.select
    clauses = ("limit_count", "limit_offset", "with_clause", "having_clause")
    windows = (
        node for node in nodes(select) if node.WhichOneof("node") == "func_call" and node.func_call.HasField("over")
    )
    return bool(
        select.sort_clause
        or select.distinct_clause
        or select.group_clause
        or any(select.HasField(clause) for clause in clauses)
        or aggregates(opened.tree)
        or any(windows)
    )


def _are_apart(opened: OpenSelect, arms: list[Tree]) -> bool:
    """Whether each arm is about a column of its own."""
    columns = []
    for arm in arms:
        inside = list(nodes_of(arm))
        if any(node.WhichOneof("node") == "sub_link" for node in inside):
            return False
        found = [opened.column(node) for node in inside if node.WhichOneof("node") == "column_ref"]
        if not found or None in found:
            return False
        columns.append(found[0])
    return len(set(columns)) == len(columns)


def _united(query: Query, position: int, arms: list[Tree]) -> str:
    parts = []
    for number, arm in enumerate(arms):
        copy = open_select(query.sql, resolver_of(query.snapshot, query.role))
        assert copy is not None
        wanted = expression(" and ".join(["true", *["(true) is not true"] * number]) if number else "true")
        if number:
            wanted.bool_expr.args[0].CopyFrom(arm)
            for place, earlier in enumerate(arms[:number], 1):
                wanted.bool_expr.args[place].boolean_test.arg.CopyFrom(earlier)
        else:
            wanted = arm
        copy.conjuncts()[position].CopyFrom(wanted)
        parts.append(copy.tree.stmts[0].stmt.select_stmt)
    tree = parse_one("select union all select")
    united = parts[0]
    for part in parts[1:]:
        union = type(part)()
        union.CopyFrom(tree.stmts[0].stmt.select_stmt)
        union.larg.CopyFrom(united)
        union.rarg.CopyFrom(part)
        united = union
    tree.stmts[0].stmt.select_stmt.CopyFrom(united)
    return OpenSelect(tree, lambda _schema, _name: None).sql


def _copy(node: Tree) -> Tree:
    copy = Node()
    copy.CopyFrom(node)
    return copy
