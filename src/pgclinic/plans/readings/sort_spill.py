"""A sort does not fit into its memory and goes through files.

What it sees:
    Sorts that wrote at least `min_kb` kilobytes to disk, all processes together, and took at least `notable_share` of
    the time themselves; from `heavy_share` on it is a warning. What the sort would take in memory is estimated as
    `memory_factor` times what it wrote, for rows are packed more tightly on disk.

Why it matters:
    Runs are written, read and merged again, and many sessions doing so fill the disk's queue.

What to do:
    See first whether an index gives the order, or fewer rows or narrower ones can be sorted. If not, raise work_mem
    for the transaction or the role that needs it, not for everyone: each sort of each process may take it.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan_reading import Reading
from pgclinic.plans.view import SCANS, PlanView, is_notable


def examine(
    plan: PlanView,
    *,
    min_kb: int = 1_024,
    notable_share: float = 0.05,
    heavy_share: float = 0.3,
    memory_factor: float = 2.5,
) -> Iterator[Reading]:
    """Sorts that spill, in the order of the plan."""
    for step, run in plan.run("Sort", "Incremental Sort"):
        share = plan.own_share(step)
        if run.disk_kb < min_kb or not is_notable(share, notable_share):
            continue
        needed = run.disk_kb * 1024 * memory_factor / max(step.processes, 1)
        yield Reading(
            reading="sort_spill",
            severity=Severity.WARNING if share is not None and share >= heavy_share else Severity.NOTICE,
            step=step.number,
            summary="It sorted {rows} rows through {spilled} of files on disk.",
            advice="Sort fewer rows, let an index give the order, or set work_mem to about {needed} for this query.",
            facts=(
                Fact("keys", step.node.keys, Unit.TEXT),
                Fact("rows", step.rows),
                Fact("spilled", run.disk_kb * 1024, Unit.BYTES),
                Fact("needed", needed, Unit.BYTES, Provenance.ESTIMATED),
            ),
            share=share,
            wants_index=any(each.node.node_type in SCANS for each in plan.inputs_of(step)),
        )
