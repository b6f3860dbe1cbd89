"""A hash table does not fit into its memory and is worked through in batches on disk.

What it sees:
    Hashes and hash aggregates in more than one batch whose join or aggregate took at least `notable_share` of the
    time, both sides counted; from `heavy_share` on it is a warning. Hash tables below `min_kb` of memory for each
    batch are left unmentioned.

Why it matters:
    All but the first batch of both sides are written to files and read back.

What to do:
    Where more batches were needed than planned, the estimate of rows was wrong: see to that first. Else join or
    group fewer rows and narrower ones, or raise work_mem (or hash_mem_multiplier, from 13 on) for this query.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan_reading import Reading
from pgclinic.plans.view import PlanView, is_notable


def examine(
    plan: PlanView,
    *,
    notable_share: float = 0.05,
    heavy_share: float = 0.4,
    min_kb: int = 32,
) -> Iterator[Reading]:
    """Hash tables that spill, in the order of the plan."""
    for step, run in plan.run("Hash", "Aggregate"):
        parent = plan.parent_of(step)
        share = plan.own_share(step, *([parent] if parent and step.node.node_type == "Hash" else []))
        if run.batches <= 1 or run.memory_kb < min_kb or not is_notable(share, notable_share):
            continue
        needed = run.disk_kb * 1024 + run.memory_kb * 1024 * (run.batches if not run.disk_kb else 1)
        grew = run.planned_batches and run.batches > run.planned_batches
        yield Reading(
            reading="hash_spill",
            severity=Severity.WARNING if share is not None and share >= heavy_share else Severity.NOTICE,
            step=step.number,
            summary="Its hash table was worked through in {batches} batches, {planned} were planned."
            if grew
            else "Its hash table was worked through in {batches} batches on disk.",
            advice="Hash fewer rows, or let a hash take about {needed}: work_mem times hash_mem_multiplier.",
            facts=(
                Fact("batches", run.batches),
                *([Fact("planned", run.planned_batches, Unit.COUNT, Provenance.PLANNED)] if grew else []),
                Fact("memory", run.memory_kb * 1024, Unit.BYTES),
                Fact("needed", needed, Unit.BYTES, Provenance.ESTIMATED),
            ),
            share=share,
        )
