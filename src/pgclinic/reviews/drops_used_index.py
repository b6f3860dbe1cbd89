"""An index is dropped that statements of the workload use.

What it sees:
    Indexes that are there before the migration and not after it, without which the planner finds statements of the
    workload dearer, with the migration's own indexes in place.

Why it matters:
    These statements get slower from that moment on.

What to do:
    Keep the index, or build what takes its place before it is dropped.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.review import Migration, Objection


def examine(migration: Migration, *, notable_times: float = 1.5, heavy_times: float = 10) -> Iterator[Objection]:
    """One objection an index."""
    for index in migration.trial.dropped:
        worst = max(index.losses, key=lambda each: each.cost_after / max(each.cost_before, 1e-9))
        times = worst.cost_after / max(worst.cost_before, 1e-9)
        if times < notable_times:
            continue
        yield Objection(
            place=migration.place_where_index_goes(index.name),
            finding=Finding(
                check="drops_used_index",
                severity=Severity.CRITICAL if times >= heavy_times else Severity.WARNING,
                object=ObjectName("index", index.name.name, index.name.schema),
                summary="Without {index} this costs {times} as much: {sql}",
                advice="Keep {index}, or build what takes its place before it is dropped.",
                facts=(
                    Fact("index", index.name.name, Unit.TEXT),
                    Fact("times", times, Unit.TIMES, Provenance.PLANNED),
                    Fact("sql", worst.sql, Unit.TEXT),
                    Fact("statements", len(index.losses)),
                ),
            ),
        )
