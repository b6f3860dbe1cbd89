"""Which nodes of a large plan are shown: those that matter, and all that stands above them."""

from pgclinic.model.plan_reading import PlanReading, PlanStep
from pgclinic.report.plan_reading_words import share_of


def shown(reading: PlanReading, most: int) -> tuple[PlanStep, ...]:
    """At most ``most`` steps in order: all, or those with readings and with most of the time, with their way up."""
    if len(reading.steps) <= most:
        return reading.steps
    spoken_of = {item.step for item in reading.readings}
    by_weight = sorted(
        reading.steps,
        key=lambda step: (step.number not in spoken_of, -share_of(step, reading), step.depth, step.number),
    )
    chosen: set[int] = set()
    for step in by_weight:
        way = _way_up(step, reading, chosen)
        if len(chosen) + len(way) <= most:
            chosen |= way
    return tuple(step for step in reading.steps if step.number in chosen)


def _way_up(step: PlanStep, reading: PlanReading, chosen: set[int]) -> set[int]:
    way: set[int] = set()
    while step.number not in chosen and step.number not in way:
        way.add(step.number)
        if not step.parent:
            break
        step = reading.steps[step.parent - 1]
    return way
