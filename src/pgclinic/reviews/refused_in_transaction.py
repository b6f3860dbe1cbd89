"""A statement that must not be in a transaction is in one, or in a function.

What it sees:
    CREATE INDEX CONCURRENTLY, VACUUM, ALTER SYSTEM and their kin between BEGIN and COMMIT (or in a file that its tool
    wraps in a transaction), which PostgreSQL refused, and in bodies of functions that the migration makes.

Why it matters:
    The migration, or every call of the function, ends with an error.

What to do:
    Move the statement into a migration of its own that is run outside of a transaction; call it from a scheduler
    instead of a function.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Function
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.review import Migration, Objection
from pgclinic.sql import bodies, deeds
from pgclinic.sql.statements import UnreadableSqlError

_WANTS_NO_TRANSACTION = "25001"
_NEVER_INSIDE = frozenset({"vacuum_stmt", "alter_system_stmt", "createdb_stmt", "dropdb_stmt"})
_NOT_CONCURRENTLY = frozenset({"index_stmt", "drop_stmt", "reindex_stmt"})


def examine(migration: Migration) -> Iterator[Objection]:
    """Refused statements, then those in functions."""
    for step in migration.steps:
        failure = step.trace.failure
        if failure is not None and failure.sqlstate == _WANTS_NO_TRANSACTION:
            yield Objection(
                place=step.statement.place,
                finding=Finding(
                    check="refused_in_transaction",
                    severity=Severity.CRITICAL,
                    object=ObjectName("statement", str(step.statement.place)),
                    summary="PostgreSQL refuses the statement in a transaction: {error}.",
                    advice="Move it to a file that is run outside of a transaction, one statement after the other.",
                    facts=(Fact("error", failure.message.rstrip("."), Unit.TEXT),),
                ),
            )
    for function in migration.new_functions:
        for words in _inside(function):
            yield Objection(
                place=migration.place_of_function(function),
                finding=Finding(
                    check="refused_in_transaction",
                    severity=Severity.CRITICAL,
                    object=ObjectName("function", function.name, function.schema),
                    summary="{function} runs {sql}, which PostgreSQL refuses inside a function.",
                    advice="Take it out of {function} and let a scheduler run it.",
                    facts=(Fact("function", function.name, Unit.TEXT), Fact("sql", words, Unit.TEXT)),
                ),
            )


def _inside(function: Function) -> Iterator[str]:
    try:
        body = bodies.body_of(function.sql or "")
    except (UnreadableSqlError, ValueError):
        return
    for query in bodies.constant_queries(body):
        if query.kind in _NEVER_INSIDE or query.kind in _NOT_CONCURRENTLY:
            deed = deeds.read(query.sql)
            if deed.kind in _NEVER_INSIDE or deed.is_concurrent:
                yield query.sql
