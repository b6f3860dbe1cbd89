"""Planning takes longer than executing.

What it sees:
    Statements whose planning took at least `min_ms` milliseconds and longer than their execution.

Why it matters:
    Every execution pays for it anew, unless the statement is prepared and its generic plan is kept.

What to do:
    Prepare the statement and run it again and again (drivers can do so by themselves). See how many partitions and
    joins it plans over: a condition on the partition key, fewer joined views. The first statement of a session
    also pays for reading the catalogs, so look at a second one.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan_reading import Reading
from pgclinic.plans.view import PlanView


def examine(plan: PlanView, *, min_ms: float = 10) -> Iterator[Reading]:
    """Whether planning is too dear."""
    planning, execution = plan.explained.planning_ms, plan.explained.execution_ms
    if planning is None or execution is None or planning < min_ms or planning <= execution:
        return
    yield Reading(
        reading="planning_time",
        severity=Severity.NOTICE,
        step=0,
        summary="Planning took {planning}, executing {execution}.",
        advice="Prepare the statement and keep its plan, or let it plan over fewer partitions and joins.",
        facts=(
            Fact("planning", planning, Unit.MILLISECONDS),
            Fact("execution", execution, Unit.MILLISECONDS),
            Fact("nodes", len(plan.steps)),
        ),
    )
