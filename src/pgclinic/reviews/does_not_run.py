"""A statement that PostgreSQL refuses.

What it sees:
    The statement was run on a private server of the same version, in a database with the same schema and no rows,
    after all that stands before it, and ended with an error.

Why it matters:
    The migration stops there. Outside of a transaction what stands before it stays behind, half done.

What to do:
    Put the statement right; PostgreSQL's own words say what is wrong with it.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.review import Migration, Objection, Place, Step

_WANTS_NO_TRANSACTION = "25001"
_NAMES_MISSING = frozenset({"42P01", "42703", "42883", "42704", "3F000", "42P02"})
"""undefined_table, _column, _function, _object, invalid_schema_name, undefined_parameter."""


def examine(migration: Migration) -> Iterator[Objection]:
    """Refusals, but for those that only follow from an earlier one."""
    lost: set[str] = set()
    for step in migration.steps:
        failure = step.trace.failure
        if failure is None or failure.sqlstate == _WANTS_NO_TRANSACTION:
            lost |= step.statement.deed.makes if failure else frozenset()
            continue
        is_consequence = failure.sqlstate in _NAMES_MISSING and any(f'"{name}"' in failure.message for name in lost)
        lost |= step.statement.deed.makes
        if not is_consequence:
            yield _objection(step)


def _objection(step: Step) -> Objection:
    failure, place = step.trace.failure, step.statement.place
    assert failure is not None
    return Objection(
        place=Place(place.file, place.line + failure.line),
        finding=Finding(
            check="does_not_run",
            severity=Severity.CRITICAL,
            object=ObjectName("statement", f"{place.file}:{place.line}"),
            summary="PostgreSQL {version} refuses the statement: {error}.",
            advice="Put it right, or give the database that the migration is for as the target.",
            facts=(
                Fact("version", str(step.before.server.major), Unit.TEXT),
                Fact("error", failure.message.rstrip("."), Unit.TEXT),
                Fact("code", failure.sqlstate, Unit.TEXT),
            ),
        ),
    )
