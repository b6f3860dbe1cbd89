"""PostgreSQL expected a quite different number of rows.

What it sees:
    Nodes that gave at least `off` times more or fewer rows a loop than planned, where one of both is at least
    `min_rows` in all, and whose inputs were not off in the same direction nearly as far: the node where the error
    begins. Left unmentioned: too few rows below a LIMIT, a merge join, a semi-join or an EXISTS, which stop as soon as
    they have enough; errors without a join, sort, aggregate or gather above, by which nothing was chosen; and plans
    that took less than `notable_ms`. It is a warning when a join above is off as well.

Why it matters:
    Joins, their order and the memory for them are chosen by these numbers. What is far too low makes nested loops,
    what is far too high makes hashes, sorts and workers for a handful of rows.

What to do:
    Analyse the table. If the error stays: CREATE STATISTICS for columns that depend on each other, a larger
    statistics target for a skewed column, statistics on an expression, ROWS for a set-returning function.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Severity
from pgclinic.model.plan_reading import PlanStep, Reading
from pgclinic.plans.estimates import JOINS
from pgclinic.plans.view import PlanView

_CHOICES = JOINS | {"Sort", "Incremental Sort", "Aggregate", "Memoize", "WindowAgg", "Gather", "Gather Merge"}
_MOSTLY = 0.5


def examine(plan: PlanView, *, off: float = 10, min_rows: int = 1_000, notable_ms: float = 10) -> Iterator[Reading]:
    """Where errors begin, in the order of the plan."""
    if plan.total_ms is not None and plan.total_ms < notable_ms:
        return
    for step, run in plan.run():
        factor = step.off
        size = max(abs(factor), 1)
        if size < off or max(run.rows, step.node.rows) * run.loops < min_rows:
            continue
        inherited = max((_same_direction(factor, each.off) for each in plan.inputs_of(step)), default=1.0)
        if inherited >= off or size < inherited * off:
            continue
        above = list(plan.above(step))
        chosen = [each for each in above if each.node.node_type in _CHOICES]
        if not chosen:
            continue
        suffering = [each for each in above if _same_direction(factor, each.off) >= off * _MOSTLY]
        is_felt = any(each.node.node_type in JOINS for each in above)
        yield Reading(
            reading="misestimate",
            severity=Severity.WARNING if is_felt and suffering else Severity.NOTICE,
            step=step.number,
            summary="It gave {actual} rows where {expected} were expected, {factor} more."
            if factor > 0
            else "It gave {actual} rows where {expected} were expected, {factor} fewer.",
            advice=_advice(step),
            facts=(
                Fact("actual", run.rows),
                Fact("expected", step.node.rows, Unit.COUNT, Provenance.PLANNED),
                Fact("factor", size, Unit.TIMES),
                *([Fact("table", plan.table_of(step), Unit.TEXT)] if step.node.relation else []),
            ),
            share=plan.whole_share(chosen[-1]) if is_felt else None,
            downstream=tuple(sorted(each.number for each in suffering)),
        )


def _same_direction(factor: float, other: float) -> float:
    """How far the other is off in the same direction as the factor, at least 1."""
    return max(1.0, other if factor > 0 else -other)


def _advice(step: PlanStep) -> str:
    node = step.node
    if node.node_type in {"Function Scan", "Table Function Scan", "ProjectSet"}:
        return "Tell the planner with ROWS in CREATE FUNCTION, or put the rows into a temporary table and analyse it."
    if node.node_type in JOINS:
        return "The sides were foreseen and their match was not: see which columns of both depend on each other."
    if node.node_type == "Aggregate":
        return "Analyse the table; for groups by several columns, CREATE STATISTICS (ndistinct) on them."
    if node.relation:
        return "Analyse {table}; if the error stays, CREATE STATISTICS on the columns that are asked for together."
    return "See what it reads: the planner knows too little about it."
