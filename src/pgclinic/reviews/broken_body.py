"""A function names a table or column that does not exist.

What it sees:
    Functions that the migration makes, whose statements a server of the same version cannot make out once the
    migration is through, and trigger functions that name a field of NEW or OLD which their table has not.

Why it matters:
    PostgreSQL looks into a PL/pgSQL body when it is run, not when it is made: the migration succeeds, and the first
    call fails.

What to do:
    Put the name right, or make what is named before.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Function
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.review import Migration, Objection
from pgclinic.sql import bodies
from pgclinic.sql.statements import UnreadableSqlError


def examine(migration: Migration) -> Iterator[Objection]:
    """The first fault of each function."""
    told: set[str] = set()
    for broken in migration.trial.broken:
        if not broken.is_new or str(broken.object) in told:
            continue
        told.add(str(broken.object))
        function = next(
            (each for each in migration.new_functions if (each.schema, each.name) == _names(broken.object)), None
        )
        if function is not None:
            yield _objection(migration, function, broken.failure.message.rstrip("."))
    for function in migration.new_trigger_functions:
        missing = _missing_fields(migration, function)
        if missing and str(ObjectName("function", function.name, function.schema)) not in told:
            yield _objection(migration, function, missing)


def _names(named: ObjectName) -> tuple[str, str]:
    return named.schema, named.name


def _objection(migration: Migration, function: Function, error: str) -> Objection:
    return Objection(
        place=migration.place_of_function(function),
        finding=Finding(
            check="broken_body",
            severity=Severity.CRITICAL,
            object=ObjectName("function", function.name, function.schema),
            summary="{function} will fail when it is called: {error}.",
            advice="Put the name right, or make what it names first.",
            facts=(Fact("function", function.name, Unit.TEXT), Fact("error", error, Unit.TEXT)),
        ),
    )


def _missing_fields(migration: Migration, function: Function) -> str:
    """What a trigger's row has not, in words like PostgreSQL's; empty when all is there."""
    try:
        body = bodies.body_of(function.sql or "")
    except (UnreadableSqlError, ValueError):
        return ""
    for relation in migration.tables_triggering(function):
        columns = {column.name for column in migration.final.columns_of.get(relation.oid, ())}
        for field in sorted(body.rows - columns):
            return f'record "new" or "old" of {relation.relation_name} has no field "{field}"'
    return ""
