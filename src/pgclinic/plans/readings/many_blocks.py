"""Many blocks are read for few rows.

What it sees:
    Scans that touched at least `min_blocks` blocks themselves, and more than `blocks_a_row` for each row that they
    looked at (rows that a filter threw away included) beyond `blocks_a_search` for each descent into an index; of a
    sequential scan, more than `blocks_a_row_in_order`. They took at least `notable_share` of the time. Needs BUFFERS.

Why it matters:
    A row needs a block or two. What is beyond that are dead rows and empty space, or an index whose leading columns
    the condition does not name.

What to do:
    Vacuum the table and see why dead rows stay (long transactions, autovacuum too rare). Empty space is given back by
    VACUUM FULL or pg_repack; a bloated index by REINDEX CONCURRENTLY.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan import NodeRun
from pgclinic.model.plan_reading import PlanStep, Reading
from pgclinic.plans.view import PlanView, is_notable


def examine(
    plan: PlanView,
    *,
    min_blocks: int = 1_000,
    blocks_a_row: float = 3,
    blocks_a_search: float = 6,
    blocks_a_row_in_order: float = 0.5,
    notable_share: float = 0.2,
) -> Iterator[Reading]:
    """Scans that touch too much, in the order of the plan."""
    for step, run in plan.run("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"):
        touched, share = plan.own_buffers(step).touched, plan.whole_share(step)
        looked_at = (run.rows + run.removed_by_filter + run.removed_by_recheck) * run.loops
        if step.node.node_type == "Seq Scan":
            allowed = blocks_a_row_in_order * looked_at
        else:
            allowed = blocks_a_row * looked_at + blocks_a_search * _searches(step, run)
        if touched < min_blocks or touched <= allowed or not is_notable(share, notable_share):
            continue
        if _is_cut_short(plan, step):
            continue
        yield Reading(
            reading="many_blocks",
            severity=Severity.NOTICE,
            step=step.number,
            summary="It touched {touched} blocks for {rows} rows of {table}.",
            advice="Vacuum {table}; where its space is mostly empty, rewrite it or rebuild the index.",
            facts=(
                Fact("table", plan.table_of(step), Unit.TEXT),
                Fact("touched", touched),
                Fact("rows", looked_at),
            ),
            share=share,
        )


def _searches(step: PlanStep, run: NodeRun) -> float:
    """Descents into the index, as told from 18 on; before, one a loop."""
    return max(run.loops, run.index_searches or 0, step.loops)


def _is_cut_short(plan: PlanView, step: PlanStep) -> bool:
    """Whether rows may have been looked at of which nobody counts: pages of a sample, rows of a TID range."""
    return any(each.node.node_type == "Sample Scan" for each in (step, *plan.above(step)))
