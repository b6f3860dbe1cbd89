"""A look-up by one key as a statement that looks up many, each as often as it was asked for."""

from collections.abc import Sequence

import msgspec

from pgclinic.sql import quote
from pgclinic.sql.clauses import aggregates, outermost_select
from pgclinic.sql.naming import free
from pgclinic.sql.operands import without_casts
from pgclinic.sql.sources import CatalogRelation, Resolver
from pgclinic.sql.tree import Node, Tree, nodes, parse_one, replace_nodes, strings, written
from pgclinic.sql.types import ArrayType, array_of_tree

_NEVER = frozenset({"sub_link", "locking_clause", "window_def", "common_table_expr"})
_SETOP_NONE = 1
_OPERATOR = 1
"""SetOperation and A_Expr_Kind of pg_query's enumerations."""


class Lookup(msgspec.Struct, frozen=True, kw_only=True):
    """A SELECT from one table whose whole WHERE is ``column = $number``.

    ``outputs`` are its columns by name, where all have one; ``key_output`` is the place of the key among them, counted
    from 0, or None. ``cast`` is the type that the parameter is cast to, if it is. ``has_limit``: LIMIT or OFFSET.
    """

    tree: Tree
    relation: CatalogRelation
    column: str
    number: int
    outputs: tuple[str, ...]
    key_output: int | None
    cast: ArrayType | None
    has_limit: bool


def lookup(sql: str, resolver: Resolver) -> Lookup | None:
    """The look-up that a statement is; None for any other. Raises UnreadableSqlError."""
    tree = parse_one(sql)
    select = outermost_select(tree)
    if select is None or select.op != _SETOP_NONE or len(select.from_clause) != 1 or aggregates(tree):
        return None
    source = select.from_clause[0]
    has_more = any(node.WhichOneof("node") in _NEVER for node in nodes(tree)) or select.HasField("with_clause")
    if has_more or source.WhichOneof("node") != "range_var" or source.range_var.alias.colnames:
        return None
    relation = resolver(source.range_var.schemaname, source.range_var.relname)
    compared = _compared(select.where_clause)
    if relation is None or relation.definition or compared is None:
        return None
    column, value = compared
    number = without_casts(value).param_ref.number
    uses = sum(node.param_ref.number == number for node in nodes(tree) if node.WhichOneof("node") == "param_ref")
    outputs = _outputs(select, relation)
    if column not in relation.columns or uses != 1 or outputs is None:
        return None
    is_cast = value.WhichOneof("node") == "type_cast"
    return Lookup(
        tree=tree,
        relation=relation,
        column=column,
        number=number,
        outputs=tuple(name for name, _ in outputs),
        key_output=next((place for place, (_, read) in enumerate(outputs) if read == column), None),
        cast=array_of_tree(value.type_cast.type_name) if is_cast else None,
        has_limit=bool(select.HasField("limit_count") or select.HasField("limit_offset")),
    )


def _compared(where: Tree) -> tuple[str, Tree] | None:
    """The column and the other side of ``column = $1``, whichever way round."""
    if where.WhichOneof("node") != "a_expr" or where.a_expr.kind != _OPERATOR or strings(where.a_expr.name) != ("=",):
        return None
    for side, other in ((where.a_expr.lexpr, where.a_expr.rexpr), (where.a_expr.rexpr, where.a_expr.lexpr)):
        bare = other.type_cast.arg if other.WhichOneof("node") == "type_cast" else other
        if side.WhichOneof("node") == "column_ref" and bare.WhichOneof("node") == "param_ref":
            return strings(side.column_ref.fields)[-1], other
    return None


def _outputs(select: Tree, relation: CatalogRelation) -> list[tuple[str, str]] | None:
    """Each output's name and the column that it hands on as it is (or nothing); None where one has no name."""
    found: list[tuple[str, str]] = []
    for wrapper in select.target_list:
        target = wrapper.res_target
        if target.val.WhichOneof("node") != "column_ref":
            if not target.name:
                return None
            found.append((target.name, ""))
            continue
        fields = target.val.column_ref.fields
        if fields[-1].WhichOneof("node") == "a_star":
            found += [(column, column) for column in relation.columns]
        else:
            column = strings(fields)[-1]
            found.append((target.name or column, column))
    return found or None


def many(found: Lookup, type_: ArrayType, *, parameters: Sequence[int]) -> str:
    """The rows of all keys of the array ``$1``, key by key, and within a key in the order of the look-up.

    The other parameters, ``parameters`` in order, become ``$2 …``. Where the key is not among the outputs it becomes
    the last one. Raises UnreadableSqlError.
    """
    tree = type(found.tree)()
    tree.CopyFrom(found.tree)
    select = tree.stmts[0].stmt.select_stmt
    source = select.from_clause[0].range_var
    own = source.alias.aliasname or source.relname
    asked = free("asked", {own, *found.relation.columns})
    key, place = (free(name, set(found.relation.columns)) for name in ("key", "place"))
    numbers = {found.number: None, **{number: position for position, number in enumerate(parameters, 2)}}
    cast = f"::{type_.cast}" if type_.cast else ""
    wanted = _expression(f"{quote.identifier(asked)}.{quote.identifier(key)}{cast}")

    def replacement(node: Tree) -> Tree | None:
        if node.WhichOneof("node") != "param_ref":
            return None
        number = numbers[node.param_ref.number]
        return wanted if number is None else _expression(f"${number}")

    replace_nodes(select.where_clause, replacement)
    for clause in ("target_list", "sort_clause"):
        for node in getattr(select, clause):
            replace_nodes(node, replacement)
    for clause in ("limit_count", "limit_offset"):
        if select.HasField(clause):
            replace_nodes(getattr(select, clause), replacement)
    columns = f"{quote.identifier(key)}, {quote.identifier(place)}"
    arrays = f"unnest($1::{type_.sql}) with ordinality as {quote.identifier(asked)} ({columns})"
    if found.has_limit:
        return _lateral(found, tree, arrays, asked, key, place)
    _qualify_stars(select, own)
    if found.key_output is None:
        _add_target(select, f"{quote.identifier(asked)}.{quote.identifier(key)}{cast}", found.column)
    first = parse_one(f"select from {arrays} order by {quote.identifier(asked)}.{quote.identifier(place)}")
    unnested = first.stmts[0].stmt.select_stmt
    sources = list(unnested.from_clause) + list(select.from_clause)
    sorts = list(unnested.sort_clause) + list(select.sort_clause)
    _put(select.from_clause, sources)
    _put(select.sort_clause, sorts)
    return written(tree)


def _lateral(found: Lookup, tree: Tree, arrays: str, asked: str, key: str, place: str) -> str:
    """The look-up, with its own LIMIT, once for each key."""
    select = tree.stmts[0].stmt.select_stmt
    inner = free("found", {asked})
    taken: set[str] = set()
    names = []
    for name in found.outputs:
        names.append(free(name, taken))
        taken.add(names[-1])
    columns = [*names]
    order = f"{quote.identifier(asked)}.{quote.identifier(place)}"
    if select.sort_clause:
        rank = free("place", taken)
        target = _expression("row_number() over (order by 1)")
        _put(target.func_call.over.order_clause, _sorts(select))
        added = select.target_list.add()
        added.res_target.val.CopyFrom(target)
        columns.append(rank)
        order += f", {quote.identifier(inner)}.{quote.identifier(rank)}"
    outputs = ", ".join(f"{quote.identifier(inner)}.{quote.identifier(name)}" for name in names)
    if found.key_output is None:
        outputs += f", {quote.identifier(asked)}.{quote.identifier(key)} as {quote.identifier(found.column)}"
    listed = ", ".join(map(quote.identifier, columns))
    outer = parse_one(
        f"select {outputs} from {arrays} cross join lateral (select) as {quote.identifier(inner)} ({listed})"
        f" order by {order}"
    )
    subquery = outer.stmts[0].stmt.select_stmt.from_clause[0].join_expr.rarg.range_subselect.subquery
    subquery.select_stmt.CopyFrom(select)
    return written(outer)


def _sorts(select: Tree) -> list[Tree]:
    """The keys of the ORDER BY without names and numbers of outputs, which a window does not know."""
    targets = [wrapper.res_target for wrapper in select.target_list]
    by_name = {target.name: target.val for target in targets if target.name}
    sorts = []
    for wrapper in select.sort_clause:
        sort = Node()
        sort.CopyFrom(wrapper)
        node = sort.sort_by.node
        if node.WhichOneof("node") == "a_const" and 0 < node.a_const.ival.ival <= len(targets):
            node.CopyFrom(targets[node.a_const.ival.ival - 1].val)
        elif node.WhichOneof("node") == "column_ref":
            names = strings(node.column_ref.fields)
            if len(names) == 1 and names[0] in by_name:
                node.CopyFrom(by_name[names[0]])
        sorts.append(sort)
    return sorts


def _qualify_stars(select: Tree, alias: str) -> None:
    for wrapper in select.target_list:
        fields = wrapper.res_target.val.column_ref.fields
        if len(fields) == 1 and fields[0].WhichOneof("node") == "a_star":
            wrapper.res_target.val.CopyFrom(_expression(f"{quote.identifier(alias)}.*"))


def _add_target(select: Tree, expression: str, name: str) -> None:
    target = select.target_list.add().res_target
    target.val.CopyFrom(_expression(expression))
    target.name = name


def _expression(sql: str) -> Tree:
    return parse_one(f"select {sql}").stmts[0].stmt.select_stmt.target_list[0].res_target.val


def _put(place: Tree, items: Sequence[Tree]) -> None:
    """Let a repeated field hold these nodes."""
    copies = []
    for item in items:
        copy = Node()
        copy.CopyFrom(item)
        copies.append(copy)
    del place[:]
    place.extend(copies)
