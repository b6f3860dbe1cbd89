"""Compiling the query takes a good part of its time.

What it sees:
    Just-in-time compilation of at least `min_ms` milliseconds that is at least `notable_share` of the statement's
    time; from `heavy_share` on it is a warning.

Why it matters:
    What is compiled is thrown away after this one execution. It pays for statements that work for seconds on the
    processor, and PostgreSQL decides by planner cost, which is easily too high.

What to do:
    Raise jit_above_cost, or set jit to off for the role: for statements of less than a second it rarely pays.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan_reading import Reading
from pgclinic.plans.view import PlanView


def examine(
    plan: PlanView, *, min_ms: float = 10, notable_share: float = 0.15, heavy_share: float = 0.5
) -> Iterator[Reading]:
    """Whether compiling is too dear."""
    jit = plan.explained.jit
    if jit is None or jit.total_ms is None or jit.total_ms < min_ms:
        return
    share = plan.ms_share(jit.total_ms)
    if share is None or share < notable_share:
        return
    yield Reading(
        reading="jit_share",
        severity=Severity.WARNING if share >= heavy_share else Severity.NOTICE,
        step=0,
        summary="Compiling {functions} functions took {spent}, {part} of the whole.",
        advice="Raise jit_above_cost above {cost}, or set jit to off for the role that runs it.",
        facts=(
            Fact("functions", jit.functions),
            Fact("spent", jit.total_ms, Unit.MILLISECONDS),
            Fact("part", share, Unit.RATIO),
            Fact("cost", plan.explained.root.total_cost, Unit.COST),
        ),
        share=share,
    )
