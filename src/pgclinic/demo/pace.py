"""How often the demo's users ask before and after the treatment, in words.

They do not ask more often because they are answered sooner: the second run keeps the first one's pace or a quicker one.
How many more users there could be is told beside it.
"""

from pgclinic.demo.goals import speed_goals
from pgclinic.grading.proving import compare
from pgclinic.model.evidence import Unit
from pgclinic.model.proof import Run
from pgclinic.report.figures import figure


def tasks(run: Run) -> int:
    """How many tasks were begun."""
    return sum(each.calls for each in run.tasks)


def pace(before: Run, after: Run, busiest: Run) -> str:
    """What was asked a second; ``busiest`` is a run after the treatment without pauses, as the one ``before``."""
    slow, fast = (tasks(run) / run.seconds for run in (before, busiest))
    missed = [
        f"{goal.name} {figure(goal.times, Unit.TIMES)}"
        for goal in speed_goals(compare(before, busiest))
        if goal.is_met is False
    ]
    return (
        f"Before the treatment each of {before.connections} sessions asks again as soon as it is answered, which comes "
        f"to {slow:,.1f} tasks a second. Afterwards tasks begin at fixed moments, {after.rate or 0:,.1f} a second, and "
        f"their times from then. Without pauses the sessions would ask {fast:,.0f} a second, {fast / slow:,.0f} times "
        "as many, and wait for each other; "
        + (
            f"goals of speed missed then: {', '.join(missed)}."
            if missed
            else "every goal of speed is reached then, too."
        )
    )
