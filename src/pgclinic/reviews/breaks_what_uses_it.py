"""Something that is dropped or renamed is still in use.

What it sees:
    Statements of the workload and functions that a server could make out before the migration, and not after it; and
    views and tables that a CASCADE takes along.

Why it matters:
    From the moment that the migration is through, the application gets errors.

What to do:
    Let the application stop using it first, or keep the old name as a view or a generated column until it has.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.review import Broken, Migration, Objection, Step

_KINDS = {"v": "view", "m": "materialized view"}


def examine(migration: Migration) -> Iterator[Objection]:
    """One objection a statement that removes something, with all that it breaks; then what a CASCADE takes along."""
    by_step: dict[int, list[Broken]] = {}
    for broken in migration.trial.broken:
        if not broken.is_new:
            by_step.setdefault(_culprit(migration, broken), []).append(broken)
    for number, several in sorted(by_step.items()):
        step, first = migration.steps[number], several[0]
        yield Objection(
            place=step.statement.place,
            finding=Finding(
                check="breaks_what_uses_it",
                severity=Severity.CRITICAL,
                object=first.object if len(several) == 1 else ObjectName("statement", str(step.statement.place)),
                summary=(
                    "Afterwards {uses} fails: {error}."
                    if len(several) == 1
                    else "Afterwards {number} statements and functions fail, the first of them {uses}: {error}."
                ),
                advice="Let nothing use it any more before this is run, or keep the old name until then.",
                facts=(
                    Fact("number", len(several)),
                    Fact("uses", first.text, Unit.TEXT),
                    Fact("error", first.failure.message.rstrip("."), Unit.TEXT),
                ),
            ),
        )
    for step in migration.steps:
        yield from _taken_along(migration, step)


def _culprit(migration: Migration, broken: Broken) -> int:
    """The last statement that removes the missing name, else the last one that changed the schema."""
    removing = [number for number, step in enumerate(migration.steps) if broken.missing in step.statement.deed.removes]
    changing = [number for number, step in enumerate(migration.steps) if step.before is not step.after]
    return (removing or changing or [len(migration.steps) - 1])[-1]


def _taken_along(migration: Migration, step: Step) -> Iterator[Objection]:
    deed = step.statement.deed
    if not deed.is_cascading:
        return
    gone = [
        relation
        for oid, relation in step.before.relation_by_oid.items()
        if oid not in step.after.relation_by_oid and oid in migration.existing and relation.name not in deed.removes
    ]
    for relation in gone:
        yield Objection(
            place=step.statement.place,
            finding=Finding(
                check="breaks_what_uses_it",
                severity=Severity.WARNING,
                object=ObjectName(_KINDS.get(relation.kind, "table"), relation.name, relation.schema),
                summary="CASCADE drops {relation} too.",
                advice="Drop what is not needed by its name, and make anew what is.",
                facts=(Fact("relation", str(relation.relation_name), Unit.TEXT),),
            ),
        )
