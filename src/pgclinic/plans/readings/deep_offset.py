"""Rows are made only to be skipped by OFFSET.

What it sees:
    Limits that took in at least `min_rows` rows more than they gave out, gave out at most `most_kept` of them, and
    took at least `notable_share` of the time with what stands below.

Why it matters:
    Every page costs more than the one before: all rows of the earlier pages are found, and sorted, again.

What to do:
    Remember where the last page ended and ask for what comes after it (keyset pagination):
    `where (created_at, id) < ($1, $2) order by created_at desc, id desc limit 20`, with an index in that order.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact
from pgclinic.model.finding import Severity
from pgclinic.model.plan_reading import Reading
from pgclinic.plans.view import PlanView, is_notable


def examine(
    plan: PlanView, *, min_rows: int = 5_000, most_kept: float = 0.1, notable_share: float = 0.3
) -> Iterator[Reading]:
    """Deep pages, in the order of the plan."""
    for step, _ in plan.run("Limit"):
        share = plan.whole_share(step)
        for below in plan.inputs_of(step):
            skipped = below.rows - step.rows
            if skipped < min_rows or step.rows > most_kept * below.rows or not is_notable(share, notable_share):
                continue
            yield Reading(
                reading="deep_offset",
                severity=Severity.NOTICE,
                step=step.number,
                summary="It skipped {skipped} rows to give {kept}.",
                advice="Ask for what comes after the last row of the page before, instead of OFFSET.",
                facts=(Fact("skipped", skipped), Fact("kept", step.rows)),
                share=share,
            )
