"""`column not in (select other …)` becomes `not exists (select … where other = column)`, which can be an anti-join.

It is the same only where neither side is ever null, for `not in` is then unknown and no row comes back: both must be
columns that the catalog declares NOT NULL, and neither on the side of an outer join that may have no row.
"""

from pgclinic.advise.rewrites import Query, Rewritten
from pgclinic.sql import quote
from pgclinic.sql.clauses import aggregates
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.rewriting import NOT, ColumnReference, OpenSelect, alias_of, expression
from pgclinic.sql.sources import Resolver
from pgclinic.sql.tree import Node, Tree, nodes, parse_one, strings

_ANY = 3
"""SubLinkType of pg_query's enumeration."""


def rewrite(query: Query) -> Rewritten | None:
    """Turn the first such condition into an anti-join."""
    opened = query.opened()
    if opened is None:
        return None
    resolver = resolver_of(query.snapshot, query.role)
    for condition in opened.conjuncts():
        if condition.WhichOneof("node") != "bool_expr" or condition.bool_expr.boolop != NOT:
            continue
        link = condition.bool_expr.args[0].sub_link
        is_in = link.sub_link_type == _ANY and not link.oper_name
        if not is_in or not _is_never_null(query, opened, link.testexpr):
            continue
        new = _anti_join(query, opened, link, resolver)
        if new is not None:
            condition.CopyFrom(new)
            return Rewritten(
                sql=opened.sql,
                change="not in a sub-select becomes not exists",
                sameness="neither side can be null, as the catalog says",
            )
    return None


def _anti_join(query: Query, opened: OpenSelect, link: Tree, resolver: Resolver) -> Tree | None:
    inner_tree = parse_one("select")
    inner_tree.stmts[0].stmt.CopyFrom(link.subselect)
    inner = OpenSelect(inner_tree, resolver)
    select = inner.select
    is_plain = len(select.from_clause) == 1 and select.from_clause[0].WhichOneof("node") == "range_var"
    has_more = select.HasField("limit_count") or select.HasField("limit_offset") or select.HasField("with_clause")
    if not is_plain or has_more or select.op != 1 or aggregates(inner_tree) or len(select.target_list) != 1:
        return None
    target = select.target_list[0].res_target.val
    outer = opened.column(link.testexpr)
    if not _is_never_null(query, inner, target) or outer is None:
        return None
    # Names are qualified on both sides, so that neither means the other's table.
    own = alias_of(select.from_clause[0])
    if outer.alias == own or _names_outside(inner):
        return None
    theirs = strings(target.column_ref.fields)[-1]
    equal = expression(".".join(map(quote.identifier, (own, theirs))) + " = " + _qualified(outer))
    if select.HasField("where_clause"):
        both = expression("true and true")
        both.bool_expr.args[0].CopyFrom(select.where_clause)
        both.bool_expr.args[1].CopyFrom(equal)
        equal = both
    select.where_clause.CopyFrom(equal)
    del select.target_list[:], select.sort_clause[:]
    found = expression("not exists (select)")
    found.bool_expr.args[0].sub_link.subselect.CopyFrom(inner.tree.stmts[0].stmt)
    node = Node()
    node.CopyFrom(found)
    return node


def _qualified(reference: ColumnReference) -> str:
    return f"{quote.identifier(reference.alias)}.{quote.identifier(reference.column)}"


def _is_never_null(query: Query, opened: OpenSelect, node: Tree) -> bool:
    found = opened.column(node)
    known = query.column(found.relation, found.column) if found else None
    return found is not None and known is not None and known.not_null and not found.may_be_missing


def _names_outside(inner: OpenSelect) -> bool:
    """Whether the sub-select depends on the query around it, or on what is not understood."""
    references = (node for node in nodes(inner.select) if node.WhichOneof("node") == "column_ref")
    return any(inner.column(node) is None for node in references)
