"""Which columns a statement assigns anew in rows that are there already."""

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from pgclinic.sql.statements import UnreadableSqlError, parsed
from pgclinic.sql.tree import expression_of, nodes, strings

if TYPE_CHECKING:
    from pgclinic.model.catalog import Index


class Update(msgspec.Struct, frozen=True, order=True):
    """An UPDATE, or what an INSERT does ON CONFLICT, of a table as the statement spells it, unquoted.

    ``schema`` is empty when the search path decides.
    """

    schema: str
    table: str
    columns: frozenset[str]


@lru_cache(maxsize=16384)
def updates(sql: str) -> tuple[Update, ...]:
    """Every update of a statement, those in WITH included. Raises UnreadableSqlError."""
    found: list[Update] = []
    for node in nodes(parsed(sql)):
        kind = node.WhichOneof("node")
        if kind == "update_stmt":
            table, targets = node.update_stmt.relation, node.update_stmt.target_list
        elif kind == "insert_stmt" and node.insert_stmt.HasField("on_conflict_clause"):
            table, targets = node.insert_stmt.relation, node.insert_stmt.on_conflict_clause.target_list
        else:
            continue
        columns = frozenset(target.res_target.name for target in targets)
        if columns:
            found.append(Update(table.schemaname, table.relname, columns))
    return tuple(found)


@lru_cache(maxsize=16384)
def columns_in(expression: str) -> frozenset[str]:
    """The columns that an expression over one table mentions. Raises UnreadableSqlError."""
    return frozenset(
        name
        for node in nodes(expression_of(expression))
        if node.WhichOneof("node") == "column_ref"
        for name in strings(node.column_ref.fields)[-1:]
    )


def indexed_columns(index: "Index") -> frozenset[str]:
    """The columns whose change needs a new entry in the index: keys, INCLUDE, expressions and predicate."""
    definition = index.definition
    found = set(definition.include)
    expressions = [key.expression for key in definition.keys if not key.is_column]
    found |= {key.expression for key in definition.keys if key.is_column}
    for expression in (*expressions, *filter(None, [definition.predicate])):
        try:
            found |= columns_in(expression)
        except UnreadableSqlError:
            continue
    return frozenset(found)
