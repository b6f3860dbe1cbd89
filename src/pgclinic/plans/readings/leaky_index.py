"""An index finds many more rows than the filter behind it keeps.

What it sees:
    Index scans and bitmap heap scans whose filter threw away at least `min_rows` rows and kept at most `most_kept`
    of what the index found, and that took at least `notable_share` of the time; from `heavy_share` on it is a warning.

Why it matters:
    Each row that the filter throws away was fetched from the table first, often from a block of its own.

What to do:
    Take the columns of the filter into the index, as further keys after those that are compared for equality, or as
    a condition of a partial index where the filter is always the same.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan_reading import Reading
from pgclinic.plans.view import INDEX_SCANS, PlanView, is_notable


def examine(
    plan: PlanView,
    *,
    min_rows: int = 5_000,
    most_kept: float = 0.1,
    notable_share: float = 0.1,
    heavy_share: float = 0.3,
) -> Iterator[Reading]:
    """Indexes that find too much, in the order of the plan."""
    for step, run in plan.run(*INDEX_SCANS):
        removed, share = run.removed_by_filter * run.loops, plan.whole_share(step)
        found = removed + step.rows
        if removed < min_rows or step.rows > most_kept * found or not is_notable(share, notable_share):
            continue
        yield Reading(
            reading="leaky_index",
            severity=Severity.WARNING if share is not None and share >= heavy_share else Severity.NOTICE,
            step=step.number,
            summary="The index found {found} rows of {table}, and the filter kept {kept} of them.",
            advice="An index that also has what the filter compares would find the {kept} rows alone.",
            facts=(
                Fact("table", plan.table_of(step), Unit.TEXT),
                Fact("filter", step.node.filter, Unit.TEXT),
                Fact("found", found),
                Fact("kept", step.rows),
            ),
            share=share,
            wants_index=True,
        )
