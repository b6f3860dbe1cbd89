"""A SELECT opened for rewriting: its conditions one by one, and which column a reference means."""

from collections.abc import Iterator

import msgspec

from pgclinic.model.names import RelationName
from pgclinic.sql.clauses import outermost_select, ranges_in_from
from pgclinic.sql.sources import Resolver
from pgclinic.sql.tree import Node, Tree, nodes, parse_one, select_list, strings, written

AND, OR, NOT = 1, 2, 3
OPERATOR, IN = 1, 7
_SETOP_NONE = 1
_INNER = 1
_EXISTS, _VALUE = 1, 5
"""BoolExprType, A_Expr_Kind, SetOperation, JoinType and SubLinkType of pg_query's enumerations."""


class ColumnReference(msgspec.Struct, frozen=True):
    """A column of the table ``alias`` of FROM; ``may_be_missing`` on the side of an outer join that may have no row."""

    relation: RelationName
    column: str
    alias: str
    may_be_missing: bool


class OpenSelect:
    """A plain SELECT of tables. ``tree`` is a copy and may be changed."""

    def __init__(self, tree: Tree, resolver: Resolver) -> None:
        self.tree = type(tree)()
        self.tree.CopyFrom(tree)
        self.select = self.tree.stmts[0].stmt.select_stmt
        self._sources: dict[str, tuple[RelationName, tuple[str, ...]]] = {}
        for item in ranges_in_from(self.select):
            relation = resolver(item.range_var.schemaname, item.range_var.relname) if _is_table(item) else None
            if relation is not None:
                self._sources[alias_of(item)] = (relation.name, relation.columns)
        self._names = [_figured(wrapper.res_target) for wrapper in self.select.target_list]
        joins = [node.join_expr for node in nodes(self.select) if node.WhichOneof("node") == "join_expr"]
        self._has_outer_joins = any(join.jointype != _INNER for join in joins)

    def column(self, node: Tree) -> ColumnReference | None:
        """What a reference means; None for anything else, and where several tables have such a column."""
        if node.WhichOneof("node") != "column_ref":
            return None
        names = strings(node.column_ref.fields)
        if not names or len(names) != len(node.column_ref.fields):
            return None
        found = [
            (relation, names[-1], alias)
            for alias, (relation, columns) in self._sources.items()
            if names[-1] in columns and (len(names) == 1 or names[-2] == alias)
        ]
        return ColumnReference(*found[0], self._has_outer_joins) if len(found) == 1 else None

    def conjuncts(self) -> list[Tree]:
        """The conditions of WHERE that all have to hold; each may be changed in place."""
        return list(_conjuncts(self.select.where_clause)) if self.select.HasField("where_clause") else []

    def equalities(self) -> Iterator[tuple[Tree, Tree]]:
        """The two sides of each condition of WHERE that is an equality, either way round."""
        for condition in self.conjuncts():
            if condition.WhichOneof("node") != "a_expr" or condition.a_expr.kind != OPERATOR:
                continue
            if strings(condition.a_expr.name) == ("=",):
                yield condition.a_expr.lexpr, condition.a_expr.rexpr
                yield condition.a_expr.rexpr, condition.a_expr.lexpr

    def demand(self, condition: str) -> None:
        """Add a condition to WHERE."""
        where = expression("true and true")
        where.bool_expr.args[0].CopyFrom(self.select.where_clause)
        where.bool_expr.args[1].CopyFrom(expression(condition))
        self.select.where_clause.CopyFrom(where)

    @property
    def sql(self) -> str:
        """The statement as it is now; its outputs have the names that they had, also where PostgreSQL made them up."""
        targets = [wrapper.res_target for wrapper in self.select.target_list]
        for target, name in zip(targets, self._names, strict=False):
            if name and _figured(target) != name:
                target.name = name
        return written(self.tree)


def open_select(sql: str, resolver: Resolver) -> OpenSelect | None:
    """The statement opened; None where it is no plain SELECT. Raises UnreadableSqlError."""
    tree = parse_one(sql)
    select = outermost_select(tree)
    is_plain = select is not None and select.op == _SETOP_NONE and not select.locking_clause
    return OpenSelect(tree, resolver) if is_plain else None


def expression(sql: str) -> Tree:
    """A copy of the tree of an expression."""
    node = Node()
    node.CopyFrom(parse_one(f"select {sql}").stmts[0].stmt.select_stmt.target_list[0].res_target.val)
    return node


def text_of(node: Tree) -> str:
    """An expression as SQL, in brackets where it is more than a word."""
    text = select_list([node])
    return text if node.WhichOneof("node") in {"param_ref", "column_ref", "type_cast", "func_call"} else f"({text})"


def names_no_column(node: Tree) -> bool:
    """Whether it is the same for all rows, as far as columns and sub-selects go."""
    return not any(each.WhichOneof("node") in {"column_ref", "sub_link"} for each in nodes_of(node))


def nodes_of(node: Tree) -> Iterator[Tree]:
    """A node and all below it."""
    yield node
    yield from nodes(node)


def alias_of(item: Tree) -> str:
    """What a table of FROM is called by."""
    return str(item.range_var.alias.aliasname or item.range_var.relname)


def _figured(target: Tree) -> str:
    """The name of an output (``FigureColname`` in parse_target.c); empty for stars and what no rewrite touches."""
    if target.name:
        return str(target.name)
    value = target.val
    while value.WhichOneof("node") == "type_cast" and value.type_cast.arg.WhichOneof("node") != "a_const":
        value = value.type_cast.arg
    name = ""
    match value.WhichOneof("node"):
        case "column_ref":
            name = (strings(value.column_ref.fields) or ("",))[-1]
        case "func_call":
            name = strings(value.func_call.funcname)[-1]
        case "coalesce_expr":
            name = "coalesce"
        case "sub_link" if value.sub_link.sub_link_type == _EXISTS:
            name = "exists"
        case "sub_link" if value.sub_link.sub_link_type == _VALUE:
            inner = value.sub_link.subselect.select_stmt.target_list
            name = _figured(inner[0].res_target) if len(inner) == 1 else ""
        case "a_expr" | "bool_expr":
            name = "?column?"
    return name


def _is_table(item: Tree) -> bool:
    return bool(item.WhichOneof("node") == "range_var" and not item.range_var.alias.colnames)


def _conjuncts(node: Tree) -> Iterator[Tree]:
    if node.WhichOneof("node") == "bool_expr" and node.bool_expr.boolop == AND:
        for argument in node.bool_expr.args:
            yield from _conjuncts(argument)
    else:
        yield node
