"""Fewer parallel workers came than the plan was made for.

What it sees:
    Gathers that launched fewer workers than planned, in statements of at least `min_ms`.

Why it matters:
    A parallel plan is chosen because work is divided. With fewer workers it takes longer than expected, and perhaps
    longer than the plan for one process would have.

What to do:
    Raise max_parallel_workers (and max_worker_processes, with a restart) where processors are idle. Where they are
    not, lower max_parallel_workers_per_gather, so that plans count on what there is.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan_reading import Reading
from pgclinic.plans.view import PlanView


def examine(plan: PlanView, *, min_ms: float = 5) -> Iterator[Reading]:
    """Gathers without all of their workers, in the order of the plan."""
    for step, run in plan.run("Gather", "Gather Merge"):
        planned, launched = step.node.workers_planned, run.workers_launched
        if launched is None or launched >= planned or (plan.total_ms or min_ms) < min_ms:
            continue
        yield Reading(
            reading="missing_workers",
            severity=Severity.NOTICE,
            step=step.number,
            summary="{launched} of {planned} planned workers were launched.",
            advice="Raise max_parallel_workers where processors are idle, or let plans count on fewer workers.",
            facts=(
                Fact("launched", launched),
                Fact("planned", planned, Unit.COUNT, Provenance.PLANNED),
            ),
            share=plan.whole_share(step),
        )
