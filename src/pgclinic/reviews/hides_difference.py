"""IF NOT EXISTS hides that something else is there already.

What it sees:
    CREATE TABLE and CREATE INDEX with IF NOT EXISTS, which PostgreSQL skipped because of an object of that name, and
    whose columns or keys are not those that the statement asks for.

Why it matters:
    The migration succeeds, and the database has not what it says. What comes later fails somewhere else, or never.

What to do:
    Leave IF NOT EXISTS out, or alter what is there.
"""

from collections.abc import Iterator

from pgclinic.advise.equivalence import serves
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.review import Migration, Objection, Step
from pgclinic.sql.deeds import index_of
from pgclinic.sql.resolve import resolver_of

_EXISTS = "42P07"
"""duplicate_table, of indexes too."""


def examine(migration: Migration) -> Iterator[Objection]:
    """One objection a statement that was skipped."""
    for step in migration.steps:
        deed = step.statement.deed
        if not deed.is_optional or not any(each.sqlstate == _EXISTS for each in step.trace.notices):
            continue
        difference = _of_tables(step) if deed.kind == "create_stmt" else _of_indexes(step)
        if difference:
            yield Objection(
                place=step.statement.place,
                finding=Finding(
                    check="hides_difference",
                    severity=Severity.WARNING,
                    object=ObjectName("index" if deed.kind == "index_stmt" else "table", deed.target.name),
                    summary="{name} exists already and is another one: {difference}. IF NOT EXISTS hides it.",
                    advice="Leave IF NOT EXISTS out, or alter what is there.",
                    facts=(
                        Fact("name", deed.target.name, Unit.TEXT),
                        Fact("difference", difference, Unit.TEXT),
                    ),
                ),
            )


def _of_tables(step: Step) -> str:
    deed = step.statement.deed
    found = resolver_of(step.before)(deed.target.schema, deed.target.name)
    if found is None:
        return ""
    missing = [column.name for column in deed.columns if column.name not in found.columns]
    return f"it has no column {', '.join(missing)}" if missing else ""


def _of_indexes(step: Step) -> str:
    wanted = index_of(step.statement.sql, resolver_of(step.before))
    if wanted is None:
        return ""
    schema = wanted.definition.relation.schema
    there = next(
        (
            each
            for each in step.before.indexes
            if RelationName(each.schema, each.name) == RelationName(schema, wanted.name)
        ),
        None,
    )
    if there is None or (serves(there.definition, wanted.definition) and serves(wanted.definition, there.definition)):
        return ""
    return there.sql
