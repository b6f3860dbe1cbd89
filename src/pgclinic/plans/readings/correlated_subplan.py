"""A sub-query is run anew for every row.

What it sees:
    Sub-plans that were begun at least `min_loops` times and took at least `notable_share` of the time; from
    `heavy_share` on it is a warning. In a plan that was not executed, sub-plans that are not hashed, below a node
    of at least `min_loops` rows, whose cost times those rows is at least `heavy_share` of the whole.

Why it matters:
    It is a nested loop that the planner cannot turn into another join.

What to do:
    Write it as a join, a LATERAL join or a join with an aggregated sub-query, so that the planner can choose; NOT
    EXISTS instead of NOT IN. Where it must stay, an index on the columns that it compares with the outer row.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan_reading import PlanStep, Reading
from pgclinic.plans.view import PlanView, is_notable

_ADVICE = "Write the sub-query as a join, or give it an index on what it compares with the outer row."


def examine(
    plan: PlanView, *, min_loops: int = 1_000, notable_share: float = 0.2, heavy_share: float = 0.5
) -> Iterator[Reading]:
    """Sub-plans that are run too often, in the order of the plan."""
    for step in plan.steps:
        if not step.node.part.startswith("SubPlan"):
            continue
        share = plan.whole_share(step)
        if step.loops >= min_loops and is_notable(share, notable_share):
            yield Reading(
                reading="correlated_subplan",
                severity=Severity.WARNING if share is not None and share >= heavy_share else Severity.NOTICE,
                step=step.number,
                summary="The sub-query {part} was run {loops} times.",
                advice=_ADVICE,
                facts=(
                    Fact("part", step.node.part, Unit.TEXT),
                    Fact("loops", step.loops),
                    *([] if step.inclusive_ms is None else [_each(step, step.inclusive_ms)]),
                ),
                share=share,
                wants_index=True,
                downstream=tuple(each.number for each in plan.below(step)),
            )
        elif not plan.is_run and (expected := _expected(plan, step, min_loops, heavy_share)):
            yield Reading(
                reading="correlated_subplan",
                severity=Severity.NOTICE,
                step=step.number,
                summary="The sub-query {part} would be run about {expected} times.",
                advice=_ADVICE,
                facts=(
                    Fact("part", step.node.part, Unit.TEXT),
                    Fact("expected", expected, Unit.COUNT, Provenance.PLANNED),
                ),
                wants_index=True,
                downstream=tuple(each.number for each in plan.below(step)),
            )


def _each(step: PlanStep, ms: float) -> Fact:
    return Fact("each", ms * step.processes / max(step.loops, 1), Unit.MILLISECONDS)


def _expected(plan: PlanView, step: PlanStep, min_loops: int, heavy_share: float) -> float:
    """How often it would be run, 0 where that does not matter or it is hashed and run once."""
    parent = plan.parent_of(step)
    if parent is None or f"hashed {step.node.part}" in f"{parent.node.filter} {parent.node.join_filter}":
        return 0
    is_heavy = step.node.total_cost * parent.node.rows >= heavy_share * plan.explained.root.total_cost
    return parent.node.rows if parent.node.rows >= min_loops and is_heavy else 0
