"""`count(*) > 0` becomes `exists (…)`, which stops at the first row.

A count without GROUP BY and HAVING is one row whatever there is, and above zero exactly when there is a row. Where the
server shows `count(*) > $1`, the value must have been zero whenever the statement was seen.
"""

from pgclinic.advise.rewrites import Query, Rewritten
from pgclinic.sql.operands import without_casts
from pgclinic.sql.rewriting import OPERATOR, OpenSelect, expression
from pgclinic.sql.tree import Node, Tree, nodes, strings

_WHETHER = {(">", "0"): True, (">=", "1"): True, ("<>", "0"): True, ("=", "0"): False, ("<", "1"): False}
"""Which comparisons ask whether there is a row, and which whether there is none."""
_FLIPPED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_EXPRESSION = 5
"""SubLinkType of pg_query's enumeration: a sub-select as a value."""


def rewrite(query: Query) -> Rewritten | None:
    """Turn the statement's own count, or the first sub-select's, into a question for existence."""
    opened = query.opened()
    if opened is None or not (_own(query, opened) or _inside(query, opened)):
        return None
    return Rewritten(
        sql=opened.sql,
        change="a count that is only compared with none becomes exists",
        sameness="there is a row exactly when the count is above zero",
    )


def _own(query: Query, opened: OpenSelect) -> bool:
    """``select count(*) > 0 from …`` becomes ``select exists (select from …)``."""
    select = opened.select
    if len(select.target_list) != 1 or not _is_plain(select):
        return False
    target = select.target_list[0].res_target
    asks = _asks(query, target.val)
    if asks is None or not _is_count(_counted(target.val)):
        return False
    name = target.name or "?column?"
    inner = Node()
    inner.select_stmt.CopyFrom(select)
    del inner.select_stmt.target_list[:]
    found = expression("exists (select)" if asks else "not exists (select)")
    (found if asks else found.bool_expr.args[0]).sub_link.subselect.CopyFrom(inner)
    select.Clear()
    select.limit_option, select.op = inner.select_stmt.limit_option, inner.select_stmt.op
    new = select.target_list.add().res_target
    new.name = name
    new.val.CopyFrom(found)
    return True


def _inside(query: Query, opened: OpenSelect) -> bool:
    """``(select count(*) from …) > 0`` becomes ``exists (select from …)``, wherever it stands."""
    for node in nodes(opened.select):
        asks = _asks(query, node)
        counted = _counted(node) if asks is not None else None
        if asks is None or counted is None or counted.sub_link.sub_link_type != _EXPRESSION:
            continue
        subselect = counted.sub_link.subselect.select_stmt
        is_count = len(subselect.target_list) == 1 and _is_count(subselect.target_list[0].res_target.val)
        if not is_count or not _is_plain(subselect):
            continue
        found = expression("exists (select)" if asks else "not exists (select)")
        inner = (found if asks else found.bool_expr.args[0]).sub_link.subselect
        inner.select_stmt.CopyFrom(subselect)
        del inner.select_stmt.target_list[:]
        node.CopyFrom(found)
        return True
    return False


def _is_plain(select: Tree) -> bool:
    """Whether a count over it is one row: no groups, no limits, and something to count."""
    clauses = ("having_clause", "limit_count", "limit_offset", "with_clause")
    return bool(
        select.from_clause
        and not select.group_clause
        and not select.distinct_clause
        and not any(select.HasField(clause) for clause in clauses)
    )


def _asks(query: Query, node: Tree) -> bool | None:
    """Whether a comparison with a number asks if there is a row (True) or none (False); None for any other."""
    if node.WhichOneof("node") != "a_expr" or node.a_expr.kind != OPERATOR:
        return None
    operator = strings(node.a_expr.name)[-1]
    right = _number(query, node.a_expr.rexpr)
    if right is not None:
        return _WHETHER.get((operator, right))
    left = _number(query, node.a_expr.lexpr)
    return _WHETHER.get((_FLIPPED.get(operator, ""), left)) if left is not None else None


def _counted(node: Tree) -> Tree:
    """The side that is no number."""
    is_left = without_casts(node.a_expr.rexpr).WhichOneof("node") in {"a_const", "param_ref"}
    return node.a_expr.lexpr if is_left else node.a_expr.rexpr


def _number(query: Query, node: Tree) -> str | None:
    bare = without_casts(node)
    if bare.WhichOneof("node") == "a_const" and bare.a_const.WhichOneof("val") == "ival":
        return str(bare.a_const.ival.ival)
    if bare.WhichOneof("node") == "param_ref":
        return dict(query.constants).get(bare.param_ref.number)
    return None


def _is_count(node: Tree) -> bool:
    """``count(*)`` of everything."""
    call = node.func_call
    is_call = node.WhichOneof("node") == "func_call" and strings(call.funcname)[-1:] == ("count",)
    return bool(is_call and call.agg_star and not call.HasField("agg_filter") and not call.HasField("over"))
