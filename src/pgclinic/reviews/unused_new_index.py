"""The planner would not use a new index.

What it sees:
    Indexes of the migration on tables that were there before, tried on a twin of the database with the statements of
    its workload: no plan uses them, with values seen or drawn from the statistics.

Why it matters:
    Every write pays for the index, and nothing gets faster.

What to do:
    Leave it out, unless it is for statements that are not there yet; look at what the adviser would build.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.review import Migration, Objection


def examine(migration: Migration) -> Iterator[Objection]:
    """One objection an index; unique ones have a duty."""
    for index in migration.trial.created:
        if not index.unused_because or index.definition.is_unique:
            continue
        yield Objection(
            place=migration.place_of_index(index.name),
            finding=Finding(
                check="unused_new_index",
                severity=Severity.WARNING,
                object=ObjectName("index", index.name.name, index.name.schema),
                summary="No statement of the workload would use {index} ({size}): {reason}.",
                advice="Build this instead: {better}." if index.better else "Leave {index} out.",
                facts=(
                    Fact("index", index.name.name, Unit.TEXT),
                    Fact("size", index.bytes, Unit.BYTES, Provenance.ESTIMATED),
                    Fact("reason", index.unused_because, Unit.TEXT, Provenance.PLANNED),
                    Fact("better", "; ".join(index.better), Unit.TEXT, Provenance.PLANNED),
                ),
            ),
        )
