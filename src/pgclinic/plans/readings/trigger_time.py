"""Triggers take a good part of the statement's time.

What it sees:
    Triggers and foreign-key checks of at least `min_ms` milliseconds that are at least `notable_share` of the
    statement's time; from `heavy_share` on it is a warning.

Why it matters:
    They run once for each row (or statement), and the plan does not show what they do.

What to do:
    Of a foreign key, see that the referencing columns have an index: without one each deleted or changed row reads
    the whole referencing table. Of other triggers, see what they run (auto_explain with log_nested_statements), and
    whether once for each statement, with transition tables, would do.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan_reading import Reading
from pgclinic.plans.view import PlanView


def examine(
    plan: PlanView, *, min_ms: float = 5, notable_share: float = 0.2, heavy_share: float = 0.5
) -> Iterator[Reading]:
    """Dear triggers, the dearest first."""
    for trigger in sorted(plan.explained.triggers, key=lambda each: (-(each.ms or 0.0), each.name)):
        share = plan.ms_share(trigger.ms or 0.0)
        if trigger.ms is None or trigger.ms < min_ms or share is None or share < notable_share:
            continue
        yield Reading(
            reading="trigger_time",
            severity=Severity.WARNING if share >= heavy_share else Severity.NOTICE,
            step=0,
            summary="Checking the constraint {name} {calls} times took {spent}, {part} of the whole."
            if trigger.is_constraint
            else "The trigger {name} ran {calls} times and took {spent}, {part} of the whole.",
            advice="See that the referencing columns of the foreign key have an index."
            if trigger.is_constraint
            else "See what the trigger runs, and whether once for each statement would do.",
            facts=(
                Fact("name", trigger.name, Unit.TEXT),
                Fact("calls", trigger.calls),
                Fact("spent", trigger.ms, Unit.MILLISECONDS),
                Fact("part", share, Unit.RATIO),
                Fact("each", trigger.ms / max(trigger.calls, 1), Unit.MILLISECONDS),
            ),
            share=share,
        )
