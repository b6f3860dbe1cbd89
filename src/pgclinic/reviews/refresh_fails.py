"""A materialized view is to be refreshed concurrently, and cannot be.

What it sees:
    Functions with REFRESH MATERIALIZED VIEW CONCURRENTLY, made or concerned by the migration, of a view that has no
    valid unique index on plain columns without a condition once the migration is through.

Why it matters:
    CONCURRENTLY needs such an index to tell old rows from new ones. The function is made without a word, and fails
    every time that it is called; the view stays as old as it is.

What to do:
    Create a unique index on the columns that identify a row of the view.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Function
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.review import Migration, Objection, Place
from pgclinic.model.tables import refreshes_concurrently
from pgclinic.sql.refreshing import refreshed_concurrently
from pgclinic.sql.resolve import resolver_of


def examine(migration: Migration) -> Iterator[Objection]:
    """One objection a view."""
    final, told = migration.final, set()
    resolve = resolver_of(final)
    for function in final.functions:
        for schema, name in refreshed_concurrently(function):
            found = resolve(schema, name)
            view = final.relation_by_name.get(found.name) if found else None
            if view is None or view.kind != "m" or view.oid in told or refreshes_concurrently(final, view):
                continue
            place = _place(migration, function, view.oid)
            if place is not None:
                told.add(view.oid)
                yield Objection(
                    place=place,
                    finding=Finding(
                        check="refresh_fails",
                        severity=Severity.CRITICAL,
                        object=ObjectName("materialized view", view.name, view.schema),
                        summary="{function} refreshes {view} concurrently, which has no unique index for that.",
                        advice="Create a unique index on plain columns of {view}, without a condition.",
                        facts=(
                            Fact("function", function.name, Unit.TEXT),
                            Fact("view", str(view.relation_name), Unit.TEXT),
                        ),
                    ),
                )


def _place(migration: Migration, function: Function, view: int) -> Place | None:
    """Where the function is made, else where the view was or lost its index; None when neither is new."""
    if function in migration.new_functions:
        return migration.place_of_function(function)
    own = migration.source.relation_by_oid.get(view)
    if own is not None and not refreshes_concurrently(migration.source, own):
        return None
    for step in migration.steps:
        now = step.after.relation_by_oid.get(view)
        if now is not None and not refreshes_concurrently(step.after, now):
            return step.statement.place
    return None
