"""Rows are made at some expense, and thrown away by a filter above.

What it sees:
    Filters of nodes that read no table themselves (of a CTE, a sub-query, an aggregate, a function) that threw away
    at least `min_rows` rows and kept at most `most_kept`, where what stands below took at least `notable_share` of
    the time. Of filters of groups it is no more than a remark.

Why it matters:
    Everything below was done for all rows, though few were wanted.

What to do:
    Say the condition where the rows are read: inside the CTE or sub-query, in WHERE instead of HAVING where it
    concerns single rows, or write `WITH … AS NOT MATERIALIZED` so that PostgreSQL can move it itself.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan import PlanNode
from pgclinic.model.plan_reading import PlanStep, Reading
from pgclinic.plans.view import SCANS, PlanView, is_notable

_GROUPING = frozenset({"Aggregate", "Group"})


def examine(
    plan: PlanView, *, min_rows: int = 10_000, most_kept: float = 0.1, notable_share: float = 0.2
) -> Iterator[Reading]:
    """Late filters, in the order of the plan."""
    for step, run in plan.run():
        if step.node.node_type in SCANS or not step.node.filter:
            continue
        removed, share = run.removed_by_filter * run.loops, plan.whole_share(step)
        made = removed + step.rows
        if removed < min_rows or step.rows > most_kept * made or not is_notable(share, notable_share):
            continue
        yield Reading(
            reading="late_filter",
            # A condition on groups often can be said nowhere else.
            severity=Severity.INFO if step.node.node_type in _GROUPING else Severity.NOTICE,
            step=step.number,
            summary="{made} rows were made, and its filter kept {kept} of them.",
            advice=_advice(step.node),
            facts=(Fact("filter", step.node.filter, Unit.TEXT), Fact("made", made), Fact("kept", step.rows)),
            share=share,
            downstream=_wasted(plan, step),
        )


def _advice(node: PlanNode) -> str:
    if node.node_type == "CTE Scan":
        return "Say the condition inside the CTE, or write it AS NOT MATERIALIZED, so that the rows are never made."
    if node.node_type in _GROUPING:
        return "Say in WHERE what concerns single rows; of what concerns groups, see whether fewer can be formed."
    return "Say the condition where the rows are read, so that the others are never made."


def _wasted(plan: PlanView, step: PlanStep) -> tuple[int, ...]:
    return tuple(each.number for each in plan.below(step))
