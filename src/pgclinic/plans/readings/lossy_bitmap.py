"""A bitmap did not fit into its memory, and whole blocks are searched for the rows.

What it sees:
    Bitmap heap scans of which at least `min_blocks` blocks were lossy, and those are at least `lossy_share` of all
    blocks it visited, taking at least `notable_share` of the time with the index scans below.

Why it matters:
    Of a lossy block only its number is remembered: every row in it is fetched and the condition checked anew.

What to do:
    Raise work_mem for this query until the bitmap fits (some `bytes_a_block` bytes a block), or let a more selective
    index find fewer rows.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan_reading import Reading
from pgclinic.plans.view import PlanView, is_notable


def examine(
    plan: PlanView,
    *,
    min_blocks: int = 100,
    lossy_share: float = 0.1,
    notable_share: float = 0.1,
    bytes_a_block: float = 64,
) -> Iterator[Reading]:
    """Lossy bitmaps, in the order of the plan."""
    for step, run in plan.run("Bitmap Heap Scan"):
        visited, share = run.exact_blocks + run.lossy_blocks, plan.whole_share(step)
        if run.lossy_blocks < max(min_blocks, lossy_share * visited) or not is_notable(share, notable_share):
            continue
        yield Reading(
            reading="lossy_bitmap",
            severity=Severity.NOTICE,
            step=step.number,
            summary="Of {visited} blocks of {table} {lossy} were searched row by row: the bitmap did not fit.",
            advice="Set work_mem to about {needed} for this query, or let a more selective index find fewer rows.",
            facts=(
                Fact("table", plan.table_of(step), Unit.TEXT),
                Fact("lossy", run.lossy_blocks),
                Fact("visited", visited),
                Fact("rechecked", run.removed_by_recheck * run.loops),
                Fact("needed", visited * bytes_a_block, Unit.BYTES, Provenance.ESTIMATED),
            ),
            share=share,
        )
