"""A statement runs on an empty table, and fails on the one that is there.

What it sees:
    Columns that must not be null and have no default, added to a table that has rows; NOT NULL for a column that has
    nulls, and keys over a column that has repeated values, as its statistics say.

Why it matters:
    In a test database the migration succeeds. In the real one it fails, after it has looked at the rows.

What to do:
    Add the column without NOT NULL, fill it, and then demand it; put the rows right before the key.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Column, Index
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.review import Migration, Objection, Step
from pgclinic.model.tables import known_rows

_NULLS = "{share} of {column} of {table} are null, as its statistics say."
_REPEATED = "{column} of {table} has about {distinct} different values in {rows} rows, as its statistics say."
_MOST_DISTINCT = 0.9
"""Of the rows: statistics that say more may be wrong."""


def examine(migration: Migration) -> Iterator[Objection]:
    """One objection a column or index."""
    for step in migration.steps:
        if step.after is step.before or _backfills(migration, step):
            continue
        for oid in sorted(migration.existing & step.after.relation_by_oid.keys()):
            if step.after.columns_of.get(oid) != step.before.columns_of.get(oid):
                yield from _columns(migration, step, oid)
            if step.after.indexes_of.get(oid) != step.before.indexes_of.get(oid):
                yield from _keys(migration, step, oid)


def _backfills(migration: Migration, step: Step) -> bool:
    """Whether the table was written to before, so that its statistics tell of other rows."""
    written = {
        each.statement.deed.table.name
        for each in migration.steps[: migration.steps.index(step)]
        if each.statement.deed.kind in {"update_stmt", "delete_stmt"}
    }
    return step.statement.deed.table.name in written


def _columns(migration: Migration, step: Step, oid: int) -> Iterator[Objection]:
    table = step.after.relation_by_oid[oid]
    rows = known_rows(migration.source, migration.source.relation_by_oid[oid])
    was = {column.name: column for column in step.before.columns_of.get(oid, ())}
    for column in step.after.columns_of.get(oid, ()):
        if not column.not_null or rows < 1:
            continue
        before = was.get(column.name)
        if before is None and not (was.keys() - {each.name for each in step.after.columns_of[oid]}):
            if not (column.default or column.identity or column.generated):
                yield _objection(step, column, str(table.relation_name), Severity.CRITICAL, rows)
        elif before is not None and not before.not_null:
            statistics = migration.source.statistics_of.get((oid, column.name, False))
            share = statistics.null_frac if statistics else 0.0
            if share > 0:
                yield _objection(step, column, str(table.relation_name), Severity.CRITICAL, rows, share)


def _objection(
    step: Step, column: Column, table: str, severity: Severity, rows: float, share: float = 0.0
) -> Objection:
    return Objection(
        place=step.statement.place,
        finding=Finding(
            check="fails_on_rows",
            severity=severity,
            object=ObjectName("column", column.name, "", table),
            summary=_NULLS if share else "{column} must not be null and has no default, and {table} has {rows} rows.",
            advice="Add it without NOT NULL, fill it in batches, and demand it then.",
            facts=(
                Fact("column", column.name, Unit.TEXT),
                Fact("table", table, Unit.TEXT),
                Fact("rows", rows, provenance=Provenance.ESTIMATED),
                Fact("share", share, Unit.RATIO, Provenance.ESTIMATED),
            ),
        ),
    )


def _keys(migration: Migration, step: Step, oid: int) -> Iterator[Objection]:
    was = step.before.index_by_oid
    rows = known_rows(migration.source, migration.source.relation_by_oid[oid])
    for index in step.after.indexes_of.get(oid, ()):
        column = _only_column(index)
        if index.oid in was or column is None:
            continue
        statistics = migration.source.statistics_of.get((oid, column, False))
        if statistics is None or not statistics.n_distinct:
            continue
        distinct = statistics.n_distinct if statistics.n_distinct > 0 else -statistics.n_distinct * rows
        if distinct >= _MOST_DISTINCT * rows * (1 - statistics.null_frac):
            continue
        yield Objection(
            place=step.statement.place,
            finding=Finding(
                check="fails_on_rows",
                severity=Severity.CRITICAL,
                object=ObjectName("index", index.name, index.schema),
                summary=_REPEATED,
                advice="Put the rows right first, or leave the index plain.",
                facts=(
                    Fact("column", column, Unit.TEXT),
                    Fact("table", str(index.definition.relation), Unit.TEXT),
                    Fact("distinct", round(distinct), provenance=Provenance.ESTIMATED),
                    Fact("rows", rows, provenance=Provenance.ESTIMATED),
                ),
            ),
        )


def _only_column(index: Index) -> str | None:
    """The column of a unique index of one column over all rows."""
    definition = index.definition
    if not definition.is_unique or definition.predicate or len(definition.keys) != 1:
        return None
    return definition.keys[0].expression if definition.keys[0].is_column else None
