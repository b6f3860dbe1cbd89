"""Rows that are kept for later go through files on disk.

What it sees:
    Nodes other than sorts, hashes and aggregates (CTEs, materialised sides of joins, window functions, set-returning
    functions) that wrote at least `min_blocks` temporary blocks themselves and took at least `notable_share` of the
    time with what stands below them. Needs BUFFERS.

Why it matters:
    What would be kept in memory is written and read back, once for each time that it is asked for again.

What to do:
    Keep fewer columns and rows (a CTE used once can be written AS NOT MATERIALIZED), or raise work_mem for this query.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan_reading import Reading
from pgclinic.plans.view import PlanView, is_notable

_BLOCK = 8192
_OTHERS = frozenset({"Sort", "Incremental Sort", "Hash", "Hash Join", "Aggregate"})
"""What has a reading of its own, and the joins whose batches a Hash tells of."""


def examine(plan: PlanView, *, min_blocks: int = 256, notable_share: float = 0.1) -> Iterator[Reading]:
    """What is kept on disk, in the order of the plan."""
    for step, _ in plan.run():
        if step.node.node_type in _OTHERS:
            continue
        written = plan.own_buffers(step).temp_written
        share = plan.whole_share(step)
        if written < min_blocks or not is_notable(share, notable_share):
            continue
        yield Reading(
            reading="temp_files",
            severity=Severity.NOTICE,
            step=step.number,
            summary="It kept {written} of rows in temporary files.",
            advice="Keep fewer rows and columns for later, or raise work_mem for this query.",
            facts=(Fact("written", written * _BLOCK, Unit.BYTES),),
            share=share,
        )
