"""Very many rows are sorted to give the first few.

What it sees:
    Sorts below a Limit that took in at least `min_rows` rows straight from one table, gave out at most `most_kept` of
    them, and took at least `notable_share` of the time with the scan.

Why it matters:
    The whole table is read for a page of it, every time.

What to do:
    An index in the order of the sort, its leading columns those that the condition compares for equality, lets
    PostgreSQL read the first rows and stop.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan_reading import Reading
from pgclinic.plans.view import SCANS, PlanView, is_notable

_BETWEEN = frozenset({"Gather Merge", "Subquery Scan", "LockRows", "Result", "Incremental Sort"})


def examine(
    plan: PlanView, *, min_rows: int = 20_000, most_kept: float = 0.01, notable_share: float = 0.3
) -> Iterator[Reading]:
    """Sorts of too much, in the order of the plan."""
    for step, _ in plan.run("Sort"):
        below = next(iter(plan.inputs_of(step)), None)
        if below is None or below.node.node_type not in SCANS:
            continue
        limit = next((each for each in plan.above(step) if each.node.node_type not in _BETWEEN), None)
        share = plan.whole_share(step)
        if limit is None or limit.node.node_type != "Limit" or below.rows < min_rows:
            continue
        if limit.rows > most_kept * below.rows or not is_notable(share, notable_share):
            continue
        yield Reading(
            reading="sorted_for_few",
            severity=Severity.NOTICE,
            step=step.number,
            summary="{sorted} rows of {table} were sorted by {keys} to give {given}.",
            advice="An index in that order would let PostgreSQL read the first rows and stop.",
            facts=(
                Fact("table", plan.table_of(below), Unit.TEXT),
                Fact("keys", step.node.keys, Unit.TEXT),
                Fact("sorted", below.rows),
                Fact("given", limit.rows),
            ),
            share=share,
            wants_index=True,
            downstream=(below.number,),
        )
