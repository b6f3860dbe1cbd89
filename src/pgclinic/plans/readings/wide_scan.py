"""A whole table is read for a few of its rows.

What it sees:
    Sequential scans that threw away at least `min_rows` rows, kept at most `most_kept` of what they read, and took at
    least `notable_share` of the time themselves; from `heavy_share` on it is a warning. In a plan that was not
    executed, scans that cost at least `min_cost` and `notable_share` of the whole, and are expected to give less
    than `rows_a_cost` rows for each unit of cost.

Why it matters:
    The time grows with the table and not with the answer, and the blocks read push others out of the cache.

What to do:
    An index on the columns that the filter compares lets PostgreSQL read the few rows alone. Whether the planner
    would use it is for a planner to say: give a target, and the twin is asked.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan_reading import Reading
from pgclinic.plans.view import PlanView, is_notable


def examine(
    plan: PlanView,
    *,
    min_rows: int = 10_000,
    most_kept: float = 0.05,
    notable_share: float = 0.1,
    heavy_share: float = 0.3,
    min_cost: float = 1_000,
    rows_a_cost: float = 0.5,
) -> Iterator[Reading]:
    """Scans of whole tables for few rows, in the order of the plan."""
    for step, run in plan.run("Seq Scan"):
        removed, share = run.removed_by_filter * run.loops, plan.own_share(step)
        read = removed + step.rows
        if removed < min_rows or step.rows > most_kept * read or not is_notable(share, notable_share):
            continue
        yield Reading(
            reading="wide_scan",
            severity=Severity.WARNING if share is not None and share >= heavy_share else Severity.NOTICE,
            step=step.number,
            summary="It read {read} rows of {table} and kept {kept}.",
            advice="An index on what its filter compares could find the {kept} rows alone.",
            facts=(
                Fact("table", plan.table_of(step), Unit.TEXT),
                Fact("filter", step.node.filter, Unit.TEXT),
                Fact("read", read),
                Fact("kept", step.rows),
            ),
            share=share,
            wants_index=True,
        )
    if plan.is_run:
        return
    whole = plan.explained.root.total_cost
    for step in plan.steps:
        node = step.node
        cost = node.total_cost
        if node.node_type != "Seq Scan" or not node.filter or cost < max(min_cost, notable_share * whole):
            continue
        if node.rows >= rows_a_cost * cost:
            continue
        yield Reading(
            reading="wide_scan",
            severity=Severity.NOTICE,
            step=step.number,
            summary="It would read all of {table}, at a cost of {cost}, for {expected} rows.",
            advice="An index on what its filter compares could find the {expected} rows alone.",
            facts=(
                Fact("table", plan.table_of(step), Unit.TEXT),
                Fact("filter", node.filter, Unit.TEXT),
                Fact("cost", cost, Unit.COST, Provenance.PLANNED),
                Fact("expected", node.rows, Unit.COUNT, Provenance.PLANNED),
            ),
            wants_index=True,
        )
