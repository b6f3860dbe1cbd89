"""Which tables a statement asks a part of: where reading all of them is more than was asked for."""

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from pgclinic.sql.statements import parsed
from pgclinic.sql.tree import Tree, nodes

if TYPE_CHECKING:
    from collections.abc import Iterator


class TableReference(msgspec.Struct, frozen=True, order=True):
    """A table or view as a statement spells it, unquoted; ``schema`` is empty when the search path decides."""

    schema: str
    name: str
    is_narrowed: bool


@lru_cache(maxsize=16384)
def table_references(sql: str) -> frozenset[TableReference]:
    """Every table and view that the statement reads, sub-selects included.

    ``is_narrowed``: the same SELECT, UPDATE or DELETE has a WHERE, a join condition or a LIMIT. Names of common
    table expressions are left out. Raises UnreadableSqlError.
    """
    tree = parsed(sql)
    inner = {node.common_table_expr.ctename for node in nodes(tree) if node.WhichOneof("node") == "common_table_expr"}
    found = {reference for statement in tree.stmts for node in nodes(statement) for reference in _sources(node)}
    return frozenset(reference for reference in found if reference.schema or reference.name not in inner)


def _sources(node: Tree) -> "Iterator[TableReference]":
    match node.WhichOneof("node"):
        case "select_stmt":
            select = node.select_stmt
            sources, narrowed = (
                list(select.from_clause),
                select.HasField("where_clause") or select.HasField("limit_count"),
            )
        case "update_stmt":
            sources, narrowed = list(node.update_stmt.from_clause), node.update_stmt.HasField("where_clause")
            yield _reference(node.update_stmt.relation, narrowed=narrowed)
        case "delete_stmt":
            sources, narrowed = list(node.delete_stmt.using_clause), node.delete_stmt.HasField("where_clause")
            yield _reference(node.delete_stmt.relation, narrowed=narrowed)
        case _:
            return
    while sources:
        source = sources.pop()
        match source.WhichOneof("node"):
            case "range_var":
                yield _reference(source.range_var, narrowed=narrowed)
            case "join_expr":
                join = source.join_expr
                narrowed = narrowed or join.HasField("quals") or bool(join.using_clause) or join.is_natural
                sources += [join.larg, join.rarg]


def _reference(table: Tree, *, narrowed: bool) -> TableReference:
    return TableReference(table.schemaname, table.relname, narrowed)
