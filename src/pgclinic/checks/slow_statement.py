"""A statement takes much of the database's time and is slow each time that it is called.

What it sees:
    Statements of pg_stat_statements (utility statements and pgclinic's own left out) whose mean time is at least
    `slow_ms` and whose share of all time is at least `notable_share`; from `heavy_share` on it is a warning. Left
    unmentioned: a statement called fewer than `min_calls` times, which is a batch job and not a habit; an INSERT that
    takes less than `row_ms` for each of its rows, because a batch is the cure and not the illness; a call of a function
    and of nothing else that takes less than `record_ms` for each record of WAL that it writes, which is a batch as
    well; and everything while the server has counted fewer than `min_total_ms` altogether.

Why it matters:
    Users wait for it, and while it runs it takes processor, memory and connections from everything else. The grade
    weighs what the statement adds to the average call: `target_ms` is half of the worst.

What to do:
    Let `pgclinic prescribe` look for an index or a rewrite that PostgreSQL's planner confirms. If none helps, ask
    less: fewer rows, fewer columns, or an aggregate that is kept up to date.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import SLOW_CALLS, SLOW_MS, SLOW_TOTAL_MS
from pgclinic.sql.clauses import calls_functions_alone
from pgclinic.sql.counted import counted
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tree import parse_one

FAMILY = "statements"
NEEDS = ("statements",)


def examine(
    snapshot: Snapshot,
    *,
    slow_ms: float = SLOW_MS,
    notable_share: float = 0.01,
    heavy_share: float = 0.05,
    min_calls: int = SLOW_CALLS,
    row_ms: float = 1,
    record_ms: float = 0.1,
    min_total_ms: float = SLOW_TOTAL_MS,
    target_ms: float = 20,
) -> Iterator[Finding]:
    """Slow and heavy statements, the heaviest first."""
    workload = counted(snapshot.statements)
    if workload.total_ms < min_total_ms:
        return
    for statement in workload.statements:
        share = statement.total_ms / workload.total_ms
        if statement.mean_ms < slow_ms or statement.calls < min_calls or share < notable_share:
            continue
        if statement.verb == "insert" and statement.total_ms < row_ms * statement.rows:
            continue
        if statement.total_ms < record_ms * statement.wal_records and _calls_functions_alone(statement.text):
            continue
        added_ms = statement.total_ms / workload.calls
        yield Finding(
            check="slow_statement",
            severity=Severity.WARNING if share >= heavy_share else Severity.NOTICE,
            object=ObjectName("statement", statement.fingerprint),
            summary="A statement takes {share} of all time: {calls} calls of {mean} each.",
            advice="Let pgclinic prescribe look for an index that the planner would use for it.",
            facts=(
                Fact("text", statement.text, Unit.TEXT),
                Fact("share", share, Unit.RATIO),
                Fact("calls", statement.calls),
                Fact("mean", statement.mean_ms, Unit.MILLISECONDS),
                Fact("max", statement.max_ms, Unit.MILLISECONDS),
                Fact("rows_per_call", statement.rows / statement.calls),
                Fact("pages_per_call", statement.shared_blks / statement.calls),
            ),
            burden=added_ms / (added_ms + target_ms),
        )


def _calls_functions_alone(sql: str) -> bool:
    """How many rows a function writes is not counted; a row leaves a record, and one for each of its indexes."""
    try:
        return calls_functions_alone(parse_one(sql))
    except UnreadableSqlError:
        return False
