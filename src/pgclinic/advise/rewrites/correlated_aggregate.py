"""`(select count(*) from b where b.key = a.id)` for each row of `a` becomes a join with the counts of all keys.

One row of a group at most joins each row, and a row without a group gets what the sub-select gave: 0 for a count, null
for all others. Sums and averages of floating point numbers depend on the order of the rows, and are left alone.
"""

from collections.abc import Iterator

from pgclinic.advise.rewrites import Query, Rewritten
from pgclinic.sql import quote
from pgclinic.sql.clauses import ranges_in_from
from pgclinic.sql.naming import free
from pgclinic.sql.operands import children, is_node
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.rewriting import OPERATOR, ColumnReference, OpenSelect, alias_of, expression
from pgclinic.sql.tree import Tree, nodes, parse_one, strings

_AGGREGATES = frozenset({"count", "sum", "avg", "min", "max"})
_INEXACT = frozenset({"real", "double precision"})
_VALUE = 5
"""SubLinkType of pg_query's enumeration: a sub-select as a value."""


def rewrite(query: Query) -> Rewritten | None:
    """Join the groups of every such sub-select of the select list and of WHERE."""
    opened = query.opened()
    if opened is None or len(opened.select.from_clause) != 1 or opened.select.group_clause:
        return None
    links = [node for node in _outside_subselects(opened) if node.WhichOneof("node") == "sub_link"]
    taken = {alias_of(item) for item in ranges_in_from(opened.select) if item.WhichOneof("node") == "range_var"}
    is_changed = False
    for link in links:
        found = _grouped(query, opened, link)
        if found is None:
            continue
        inner, outer, key, is_count = found
        alias = free("grouped", taken)
        taken.add(alias)
        _join(opened, inner, outer, key, alias)
        link.CopyFrom(expression(f"coalesce({alias}.value, 0)" if is_count else f"{alias}.value"))
        is_changed = True
    if not is_changed:
        return None
    return Rewritten(
        sql=opened.sql,
        change="an aggregate that is asked for each row becomes a join with the groups",
        sameness="each row meets one group at most, and without one gets what the sub-select gave",
    )


def _outside_subselects(opened: OpenSelect) -> Iterator[Tree]:
    """The nodes of the select list and of WHERE, sub-selects themselves but not what is in them."""
    pending: list[Tree] = [*opened.select.target_list]
    if opened.select.HasField("where_clause"):
        pending.append(opened.select.where_clause)
    while pending:
        current = pending.pop(0)
        if is_node(current):
            yield current
        if not is_node(current) or current.WhichOneof("node") != "sub_link":
            pending = [*children(current), *pending]


def _grouped(
    query: Query, opened: OpenSelect, link: Tree
) -> tuple[OpenSelect, ColumnReference, ColumnReference, bool] | None:
    """The sub-select without the condition on the outer row, both sides of that, and whether it counts."""
    if link.sub_link.sub_link_type != _VALUE:
        return None
    tree = parse_one("select")
    tree.stmts[0].stmt.CopyFrom(link.sub_link.subselect)
    inner = OpenSelect(tree, resolver_of(query.snapshot, query.role))
    aggregate = _aggregate(query, inner)
    if aggregate is None:
        return None
    conditions = inner.conjuncts()
    pairs = [_pair(opened, inner, condition) for condition in conditions]
    correlated = [place for place, pair in enumerate(pairs) if pair is not None]
    if len(correlated) != 1:
        return None
    pair = pairs[correlated[0]]
    assert pair is not None
    conditions[correlated[0]].CopyFrom(expression("true"))
    references = (node for node in nodes(inner.select) if node.WhichOneof("node") in {"column_ref", "sub_link"})
    if any(inner.column(node) is None for node in references):
        return None
    return inner, *pair, aggregate == "count"


def _aggregate(query: Query, inner: OpenSelect) -> str | None:
    """The name of the aggregate over columns that the sub-select consists of; None for any other sub-select."""
    select = inner.select
    clauses = ("having_clause", "limit_count", "limit_offset", "with_clause")
    is_odd = select.group_clause or select.distinct_clause or select.sort_clause or select.window_clause
    if is_odd or any(select.HasField(clause) for clause in clauses) or len(select.target_list) != 1:
        return None
    if len(select.from_clause) != 1 or select.from_clause[0].WhichOneof("node") != "range_var":
        return None
    call = select.target_list[0].res_target.val.func_call
    name = (strings(call.funcname) or ("",))[-1]
    if name not in _AGGREGATES or call.HasField("over") or call.agg_order:
        return None
    for argument in call.args:
        column = inner.column(argument)
        known = query.column(column.relation, column.column) if column else None
        if known is None or (name in {"sum", "avg"} and known.type in _INEXACT):
            return None
    return name


def _pair(opened: OpenSelect, inner: OpenSelect, condition: Tree) -> tuple[ColumnReference, ColumnReference] | None:
    """The outer and the inner column of ``inner = outer``."""
    if condition.WhichOneof("node") != "a_expr" or condition.a_expr.kind != OPERATOR:
        return None
    if strings(condition.a_expr.name) != ("=",):
        return None
    for mine, theirs in (
        (condition.a_expr.lexpr, condition.a_expr.rexpr),
        (condition.a_expr.rexpr, condition.a_expr.lexpr),
    ):
        key, outer = inner.column(mine), opened.column(theirs)
        if key is not None and outer is not None and inner.column(theirs) is None:
            return outer, key
    return None


def _join(opened: OpenSelect, inner: OpenSelect, outer: ColumnReference, key: ColumnReference, alias: str) -> None:
    """``from … left join (select key, aggregate … group by key) as alias on alias.key = outer``."""
    select = inner.select
    column = f"{quote.identifier(key.alias)}.{quote.identifier(key.column)}"
    value = select.target_list[0].res_target.val
    new = parse_one(f"select {column} as key, 1 as value group by {column}").stmts[0].stmt.select_stmt
    new.target_list[1].res_target.val.CopyFrom(value)
    del select.target_list[:]
    select.target_list.extend(new.target_list)
    select.group_clause.extend(new.group_clause)
    on = f"{alias}.key = {quote.identifier(outer.alias)}.{quote.identifier(outer.column)}"
    joined = parse_one(f"select from x left join (select) as {alias} on {on}").stmts[0].stmt.select_stmt.from_clause[0]
    joined.join_expr.larg.CopyFrom(opened.select.from_clause[0])
    joined.join_expr.rarg.range_subselect.subquery.select_stmt.CopyFrom(select)
    opened.select.from_clause[0].CopyFrom(joined)
