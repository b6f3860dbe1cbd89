"""An index-only scan has to look into the table all the same.

What it sees:
    Index-only scans that fetched at least `min_fetches` rows from the table, and that for at least `fetched_share` of
    the rows they gave, taking at least `notable_share` of the time.

Why it matters:
    The index has all the columns, but only the visibility map can say that a row is visible to everyone; where it
    does not, the table is read for each row.

What to do:
    Vacuum the table, which brings the visibility map up to date, and let autovacuum come more often: a smaller
    autovacuum_vacuum_scale_factor, and from 13 on autovacuum_vacuum_insert_scale_factor for tables that only grow.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan_reading import Reading
from pgclinic.plans.view import PlanView, is_notable


def examine(
    plan: PlanView, *, min_fetches: int = 1_000, fetched_share: float = 0.2, notable_share: float = 0.1
) -> Iterator[Reading]:
    """Index-only scans that are not, in the order of the plan."""
    for step, run in plan.run("Index Only Scan"):
        fetches, share = run.heap_fetches or 0, plan.own_share(step)
        found = step.rows + run.removed_by_filter * run.loops
        if fetches < max(min_fetches, fetched_share * found) or not is_notable(share, notable_share):
            continue
        yield Reading(
            reading="heap_fetches",
            severity=Severity.NOTICE,
            step=step.number,
            summary="For {found} rows of the index it looked {fetches} times into {table}.",
            advice="Vacuum {table}, and let autovacuum come more often.",
            facts=(
                Fact("table", plan.table_of(step), Unit.TEXT),
                Fact("found", found),
                Fact("fetches", fetches),
            ),
            share=share,
        )
