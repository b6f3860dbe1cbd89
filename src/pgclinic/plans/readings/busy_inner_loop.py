"""The inner side of a nested loop is run very often.

What it sees:
    Nested loops whose inner side was begun at least `min_loops` times and took at least `notable_share` of the time,
    where this was not the planner's plan (the outer side gave at least `off` times the rows expected) or each time
    reads a whole table or at least `many_rows` rows.

Why it matters:
    A nested loop is chosen for a few outer rows. For many of them, reading the inner side once and hashing it takes
    a fraction of the time.

What to do:
    Where the outer rows were underestimated, cure that (see the misestimate) and the planner will choose otherwise.
    Where the inner side is read as a whole each time, give it an index on the columns of the join.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan_reading import PlanStep, Reading
from pgclinic.plans.view import PlanView, is_notable

_SIDES = 2


def examine(
    plan: PlanView,
    *,
    min_loops: int = 5_000,
    notable_share: float = 0.3,
    off: float = 10,
    many_rows: float = 100,
) -> Iterator[Reading]:
    """Nested loops with too many rounds, in the order of the plan."""
    for step, _ in plan.run("Nested Loop"):
        sides = plan.inputs_of(step)
        if len(sides) != _SIDES:
            continue
        outer, inner = sides
        share = plan.whole_share(inner)
        if inner.loops < min_loops or not is_notable(share, notable_share) or outer.node.run is None:
            continue
        is_surprise = outer.node.run.rows >= off * max(outer.node.rows, 1)
        is_whole = _goes_through(inner, many_rows)
        if not (is_surprise or is_whole):
            continue
        yield Reading(
            reading="busy_inner_loop",
            severity=Severity.WARNING,
            step=step.number,
            summary="Its inner side was run {loops} times; {expected} outer rows were expected."
            if is_surprise
            else "Its inner side was run {loops} times, each time going through {each} rows.",
            advice="Cure the estimate of the outer side, and the planner will join otherwise."
            if is_surprise
            else "Give the inner side an index on the columns of the join, or a join condition that can be hashed.",
            facts=(
                Fact("loops", inner.loops),
                Fact("expected", outer.node.rows, Unit.COUNT, Provenance.PLANNED),
                Fact("each", _each(inner)),
            ),
            share=share,
            wants_index=is_whole,
            downstream=(inner.number,),
        )


def _goes_through(inner: PlanStep, many_rows: float) -> bool:
    return inner.node.node_type in {"Seq Scan", "Materialize", "Subquery Scan", "CTE Scan"} and (
        _each(inner) >= many_rows
    )


def _each(inner: PlanStep) -> float:
    """Rows that one round goes through."""
    run = inner.node.run
    return run.rows + run.removed_by_filter if run else 0.0
