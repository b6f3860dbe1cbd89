"""An UPDATE or DELETE of the rows of one key as a statement over arrays that changes those of many."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from pgclinic.sql import quote
from pgclinic.sql.batching import (
    BATCH,
    POSITION,
    Parameter,
    columns_of_batch,
    is_parameter,
    parameters_in,
    statement_at,
    unnested,
)
from pgclinic.sql.naming import free
from pgclinic.sql.sources import CatalogRelation, Resolver
from pgclinic.sql.tree import Tree, expression_of, nodes, parse_one, replace_nodes, strings, written

_AND = 1
_PLAIN_OPERATOR = 1
"""AND_EXPR and AEXPR_OP of pg_query's enumerations."""
_STRANGE = frozenset({"sub_link", "current_of_expr", "multi_assign_ref", "set_to_default"})


class KeyedChange(msgspec.Struct, frozen=True, kw_only=True):
    """An UPDATE or DELETE of one table where columns equal parameters.

    ``cells`` are the columns that it assigns with their expressions, none for a DELETE. ``equalities`` are the columns
    that must equal a parameter, with it; ``others`` whatever else must hold.
    """

    tree: Tree
    relation: CatalogRelation
    cells: tuple[tuple[str, Tree], ...]
    equalities: tuple[tuple[str, Tree], ...]
    others: tuple[Tree, ...]

    @property
    def verb(self) -> str:
        """``update`` or ``delete``."""
        return str(self.tree.stmts[0].stmt.WhichOneof("node")).removesuffix("_stmt")

    @property
    def statement(self) -> Tree:
        """The statement's own node."""
        return getattr(self.tree.stmts[0].stmt, f"{self.verb}_stmt")

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell which rows a call changes and that no call changes."""
        assigned = {name for name, _ in self.cells}
        return tuple(dict.fromkeys(name for name, _ in self.equalities if name not in assigned))

    @property
    def last_wins(self) -> bool:
        """Whether a row is in the end as the last call of its key leaves it, whatever others did before."""
        assigned = {name for name, _ in self.cells}
        conditions = [*self.others, *(value for name, value in self.equalities if name in assigned)]
        return not any(
            any(map(is_parameter, nodes(each))) or _columns(each) & assigned for each in conditions
        ) and not any(_columns(value) for _, value in self.cells)


def keyed_change(sql: str, resolver: Resolver) -> KeyedChange | None:
    """The statement taken apart; None for one that hands rows back, reads anything else, or has no key.

    Raises UnreadableSqlError.
    """
    tree = parse_one(sql)
    kind = tree.stmts[0].stmt.WhichOneof("node")
    if kind not in {"update_stmt", "delete_stmt"}:
        return None
    node = getattr(tree.stmts[0].stmt, kind)
    beside = node.from_clause if kind == "update_stmt" else node.using_clause
    relation = resolver(node.relation.schemaname, node.relation.relname)
    kinds = {each.WhichOneof("node") for each in nodes(tree)}
    if beside or node.HasField("with_clause") or node.returning_clause.exprs or kinds & _STRANGE or relation is None:
        return None
    targets = [each.res_target for each in node.target_list] if kind == "update_stmt" else []
    if any(each.indirection for each in targets) or not node.HasField("where_clause"):
        return None
    terms = list(_conjuncts(node.where_clause))
    equalities = [found for term in terms if (found := _equality(term)) is not None]
    change = KeyedChange(
        tree=tree,
        relation=relation,
        cells=tuple((each.name, each.val) for each in targets),
        equalities=tuple(equalities),
        others=tuple(term for term in terms if _equality(term) is None),
    )
    return change if change.key else None


def parameters_of(change: KeyedChange, types: Mapping[str, str]) -> tuple[Parameter, ...]:
    """As ``batching.parameters_in``: each has the type of the column that it is put into or compared with."""
    return parameters_in(change.tree, (*change.cells, *change.equalities), types)


def batch_statement(change: KeyedChange, parameters: Sequence[Parameter], *, keeps_last: bool = False) -> str:
    """The change for all rows of the arrays ``$1 … $n``; with ``keeps_last`` for the last of each key alone."""
    tree = _copy(change)
    if change.verb == "delete" and len(parameters) == 1 and not parameters[0].type.cast:
        replace_nodes(tree, _any_of(parameters[0]))
        return written(tree)
    arrays = ", ".join(f"${place}::{each.type.sql}" for place, each in enumerate(parameters, 1))
    _read_from(tree, change, parameters, arrays, keeps_last=keeps_last)
    return written(tree)


def function_body(
    change: KeyedChange, parameters: Sequence[Parameter], arguments: Sequence[str], *, at_once: bool
) -> str:
    """A PL/pgSQL block that runs the change itself for each row of the arrays ``arguments``, in their order.

    With ``at_once`` it changes all rows in one statement when no two calls have the same key.
    """
    arrays = ", ".join(map(quote.identifier, arguments))
    one, together = _copy(change, with_schema=True), _copy(change, with_schema=True)
    variable = free(BATCH, {change.statement.relation.relname, change.statement.relation.alias.aliasname})
    replace_nodes(one, columns_of_batch(parameters, variable))
    head = ["#variable_conflict use_column", "declare", f"    {variable} record;", "begin"]
    rows = unnested(arrays, parameters)
    loop = [f"for {variable} in", f"    select * from {rows} order by {BATCH}.{POSITION}", "loop"]
    if not at_once:
        lines = [*head, *(f"    {line}" for line in loop), f"{statement_at('', one, 8)};", "    end loop;", "end"]
        return "\n".join(lines)
    _read_from(together, change, parameters, arrays)
    key = ", ".join(_key(change, parameters))
    return "\n".join([
        *head,
        f"    if (select count(*) = count(distinct ({key})) from {rows}) then",
        f"{statement_at('', together, 8)};",
        "    else",
        *(f"        {line}" for line in loop),
        f"{statement_at('', one, 12)};",
        "        end loop;",
        "    end if;",
        "end",
    ])  # fmt: skip


def _read_from(
    tree: Tree, change: KeyedChange, parameters: Sequence[Parameter], arrays: str, *, keeps_last: bool = False
) -> None:
    """Join the table to ``unnest(arrays)``; columns of the table are named as such, for the arrays have the same."""
    rows = unnested(arrays, parameters)
    if keeps_last:
        key = ", ".join(_key(change, parameters))
        rows = f"(select distinct on ({key}) {BATCH}.* from {rows} order by {key}, {BATCH}.{POSITION} desc) as {BATCH}"
    source = parse_one(f"select from {rows}").stmts[0].stmt.select_stmt.from_clause[0]
    node = getattr(tree.stmts[0].stmt, f"{change.verb}_stmt")
    (node.from_clause if change.verb == "update" else node.using_clause).add().CopyFrom(source)
    name = node.relation.alias.aliasname or node.relation.relname
    in_batch, in_table = columns_of_batch(parameters, BATCH), _of_table(name)
    values = [target.res_target.val for target in node.target_list] if change.verb == "update" else []
    for part in (*values, node.where_clause):
        replace_nodes(part, in_table)
        replace_nodes(part, in_batch)


def _any_of(parameter: Parameter) -> Callable[[Tree], Tree | None]:
    """For ``replace_nodes``: ``column = $n`` becomes ``column = any($1)``."""

    def listed(node: Tree) -> Tree | None:
        if _equality(node) is None:
            return None
        found = expression_of(f"c = any($1::{parameter.type.sql})")
        expression = node.a_expr
        found.a_expr.lexpr.CopyFrom(expression.rexpr if is_parameter(expression.lexpr) else expression.lexpr)
        return found

    return listed


def _of_table(name: str) -> Callable[[Tree], Tree | None]:
    """For ``replace_nodes``: a bare column is one of the table."""

    def qualified(node: Tree) -> Tree | None:
        if node.WhichOneof("node") != "column_ref" or len(node.column_ref.fields) != 1:
            return None
        copy = type(node)()
        copy.CopyFrom(node)
        del copy.column_ref.fields[:]
        for part in (name, strings(node.column_ref.fields)[0]):
            copy.column_ref.fields.add().string.sval = part
        return copy

    return qualified


def _copy(change: KeyedChange, *, with_schema: bool = False) -> Tree:
    tree = type(change.tree)()
    tree.CopyFrom(change.tree)
    if with_schema:
        getattr(tree.stmts[0].stmt, f"{change.verb}_stmt").relation.schemaname = change.relation.name.schema
    return tree


def _key(change: KeyedChange, parameters: Sequence[Parameter]) -> Iterator[str]:
    """The batch's columns that tell its keys apart, as SQL."""
    names = {each.number: each for each in parameters}
    equal = dict(change.equalities)
    for name in change.key:
        parameter = names[equal[name].param_ref.number]
        cast = f"::{parameter.type.cast}" if parameter.type.cast else ""
        yield f"{BATCH}.{quote.identifier(parameter.name)}{cast}"


def _conjuncts(node: Tree) -> Iterator[Tree]:
    if node.WhichOneof("node") == "bool_expr" and node.bool_expr.boolop == _AND:
        for argument in node.bool_expr.args:
            yield from _conjuncts(argument)
    else:
        yield node


def _equality(term: Tree) -> tuple[str, Tree] | None:
    """``column = $n``, either way round."""
    expression = term.a_expr
    if term.WhichOneof("node") != "a_expr" or expression.kind != _PLAIN_OPERATOR or strings(expression.name) != ("=",):
        return None
    for column, value in ((expression.lexpr, expression.rexpr), (expression.rexpr, expression.lexpr)):
        if column.WhichOneof("node") == "column_ref" and is_parameter(value):
            return strings(column.column_ref.fields)[-1], value
    return None


def _columns(node: Tree) -> frozenset[str]:
    return frozenset(
        strings(each.column_ref.fields)[-1] for each in nodes(node) if each.WhichOneof("node") == "column_ref"
    )
