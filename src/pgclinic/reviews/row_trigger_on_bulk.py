"""A trigger is called for every row of a table that is written in bulk.

What it sees:
    Triggers of the migration FOR EACH ROW on tables whose statements of the workload, COPY among them, write at least
    `many_rows` rows each, as pg_stat_statements counted, and did so at least `min_calls` times: what filled the table
    once does not come again.

Why it matters:
    A batch of a thousand rows calls the function a thousand times; it may take longer than the rows themselves.

What to do:
    Write a trigger FOR EACH STATEMENT with a transition table, which sees all the rows at once.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.review import Migration, Objection
from pgclinic.sql.deeds import read
from pgclinic.sql.resolve import resolver_of

_WRITES = frozenset({"insert_stmt", "update_stmt", "delete_stmt", "copy_stmt", "merge_stmt"})


def examine(migration: Migration, *, many_rows: float = 100, min_calls: int = 2) -> Iterator[Objection]:
    """One objection a trigger."""
    for step in migration.steps:
        deed = step.statement.deed
        if deed.kind != "create_trig_stmt" or not deed.is_for_each_row or step.trace.failure is not None:
            continue
        found = resolver_of(step.before)(deed.table.schema, deed.table.name)
        now = step.before.relation_by_name.get(found.name) if found else None
        table = migration.source.relation_by_oid.get(now.oid) if now else None
        if table is None:
            continue
        rows = _largest_batch(migration, (table.schema, table.name), min_calls)
        if rows >= many_rows:
            yield Objection(
                place=step.statement.place,
                finding=Finding(
                    check="row_trigger_on_bulk",
                    severity=Severity.WARNING,
                    object=ObjectName("trigger", deed.target.name, table.schema, table.name),
                    summary="{trigger} is called for every row, and statements write {rows} rows of {table} at once.",
                    advice="Write it FOR EACH STATEMENT, with a transition table.",
                    facts=(
                        Fact("trigger", deed.target.name, Unit.TEXT),
                        Fact("rows", round(rows)),
                        Fact("table", str(table.relation_name), Unit.TEXT),
                    ),
                ),
            )


def _largest_batch(migration: Migration, table: tuple[str, str], min_calls: int) -> float:
    """Rows a call of the statement of the workload that writes most of them, 0 for none."""
    most, resolve = 0.0, resolver_of(migration.source)
    for statement in migration.source.statements:
        if statement.calls < max(min_calls, 1) or not statement.rows or statement.rows / statement.calls <= most:
            continue
        deed = read(statement.text)
        found = resolve(deed.table.schema, deed.table.name) if deed.kind in _WRITES else None
        if found is not None and (found.name.schema, found.name.name) == table:
            most = statement.rows / statement.calls
    return most
