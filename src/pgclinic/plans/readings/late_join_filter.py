"""A join pairs rows by the million and throws nearly all pairs away.

What it sees:
    Joins whose join filter threw away at least `min_pairs` pairs and kept at most `most_kept`, and that took at least
    `notable_share` of the time themselves; from `heavy_share` on it is a warning.

Why it matters:
    Every row of one side is compared with every row of the other: the time grows with their product.

What to do:
    See that the join has an equality between columns of the same type, which a hash or an index can serve. Conditions
    with OR, functions on columns, inequalities and casts cannot be hashed: write them as a UNION, or give an index on
    the expression.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan_reading import Reading
from pgclinic.plans.view import PlanView, is_notable


def examine(
    plan: PlanView,
    *,
    min_pairs: int = 100_000,
    most_kept: float = 0.1,
    notable_share: float = 0.1,
    heavy_share: float = 0.3,
) -> Iterator[Reading]:
    """Joins that compare too much, in the order of the plan."""
    for step, run in plan.run("Nested Loop", "Hash Join", "Merge Join"):
        removed = run.removed_by_join_filter * run.loops
        pairs = removed + step.rows
        # Going through the inner side once more for every row is what the join pays for, so it counts.
        share = plan.own_share(step, *(each for each in plan.inputs_of(step) if each.loops > step.loops))
        if removed < min_pairs or step.rows > most_kept * pairs or not is_notable(share, notable_share):
            continue
        yield Reading(
            reading="late_join_filter",
            severity=Severity.WARNING if share is not None and share >= heavy_share else Severity.NOTICE,
            step=step.number,
            summary="It compared {pairs} pairs of rows and kept {kept}.",
            advice="Join by an equality of plain columns, or give the inner side an index on what the condition asks.",
            facts=(
                Fact("condition", step.node.join_filter, Unit.TEXT),
                Fact("pairs", pairs),
                Fact("kept", step.rows),
            ),
            share=share,
            wants_index=True,
        )
