"""There is a better index than the new one.

What it sees:
    New indexes that the planner would use, on tables for which the index adviser finds others that make the workload
    a good deal cheaper.

Why it matters:
    The index costs its room and its writes and gives less than it could.

What to do:
    Build the adviser's instead.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.review import Migration, Objection


def examine(migration: Migration) -> Iterator[Objection]:
    """One objection a table, at its first index."""
    told: set[RelationName] = set()
    for index in migration.trial.created:
        table = index.definition.relation
        if index.unused_because or not index.better or table in told:
            continue
        told.add(table)
        yield Objection(
            place=migration.place_of_index(index.name),
            finding=Finding(
                check="better_index",
                severity=Severity.NOTICE,
                object=ObjectName("index", index.name.name, index.name.schema),
                summary="The statements on {table} would cost {share} of what they cost with {index}.",
                advice="Build this instead: {better}.",
                facts=(
                    Fact("table", str(table), Unit.TEXT),
                    Fact("share", index.better_share, Unit.RATIO, Provenance.PLANNED),
                    Fact("index", index.name.name, Unit.TEXT),
                    Fact("better", "; ".join(index.better), Unit.TEXT, Provenance.PLANNED),
                ),
            ),
        )
