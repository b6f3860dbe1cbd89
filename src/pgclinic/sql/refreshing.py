"""Which materialized views a function refreshes concurrently."""

from collections.abc import Iterator

from pgclinic.model.catalog import Function
from pgclinic.sql import bodies
from pgclinic.sql.statements import UnreadableSqlError, parsed


def refreshed_concurrently(function: Function) -> Iterator[tuple[str, str]]:
    """Schema (empty when not written) and name of each view that its body refreshes so, also by a constant EXECUTE."""
    if function.sql is None or "concurrently" not in function.sql.lower():
        return
    try:
        body = bodies.body_of(function.sql)
    except (UnreadableSqlError, ValueError):
        return
    for query in bodies.constant_queries(body):
        if query.kind == "refresh_mat_view_stmt":
            statement = parsed(query.sql).stmts[0].stmt.refresh_mat_view_stmt
            if statement.concurrent:
                yield statement.relation.schemaname, statement.relation.relname
