"""Rows are written one statement at a time, in masses.

What it sees:
    An INSERT of one row of VALUES, or an UPDATE or DELETE by key that changes at most one, called at least `min_calls`
    times: either more than `per_transaction` times for each transaction that the database committed, or as
    `most_calls` of all calls. An application that writes one row for each request of a user does neither.

Why it matters:
    Each row pays for a round trip, parsing and planning, and without an explicit transaction also for a wait for the
    disk at each commit. Together they take ten to fifty times as long as in one statement. The grade weighs the mean of
    the statement's shares of the time and of the calls, because the way to the server and back is not in its time.

What to do:
    Collect them: `insert … select … from unnest($1::text[], $2::int[])`, a multi-row VALUES, COPY; for updates the same
    with `update … from unnest(…)`. At the least, put them into one transaction and send them as a pipeline.
"""

from collections.abc import Iterator

from pgclinic.model.clock import seconds_between
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.asked import AskedStatement, asked
from pgclinic.sql.clauses import is_single_row_insert

FAMILY = "statements"
NEEDS = ("statements", "database_counters")


def examine(
    snapshot: Snapshot, *, min_calls: int = 1_000, per_transaction: float = 3, most_calls: float = 0.5
) -> Iterator[Finding]:
    """Writes that should be one, the heaviest first."""
    transactions = _transactions(snapshot)
    for statement in asked(snapshot):
        if statement.counted.calls < min_calls or statement.rows_per_call > 1 or statement.counted.verb == "select":
            continue
        rate = statement.counted.calls / transactions if transactions else 0.0
        if rate < per_transaction and statement.calls_share < most_calls:
            continue
        if not _writes_one_row(statement):
            continue
        assert statement.reading is not None
        yield Finding(
            check="single_row_writes",
            severity=Severity.NOTICE,
            object=statement.object,
            summary="Rows of {table} are written one statement at a time: {calls} calls, {calls_share} of all.",
            advice="Write many rows with one statement: arrays and unnest, a VALUES of many rows, or COPY.",
            facts=(
                Fact("table", str(statement.reading.shape.changes[0].relation), Unit.TEXT),
                *statement.facts,
                Fact("calls_share", statement.calls_share, Unit.RATIO),
                *((Fact("calls_per_transaction", rate),) if transactions else ()),
            ),
            burden=(statement.share + statement.calls_share) / 2,
        )


def _transactions(snapshot: Snapshot) -> int:
    """Transactions committed since the statements were reset, or more; 0 when the counters cover less time."""
    counters = snapshot.database_counters
    if counters is None:
        return 0
    since, statements_since = counters.stats_reset, counters.statements_reset
    if since and (not statements_since or seconds_between(statements_since, since) > 0):
        return 0
    return counters.xact_commit + counters.xact_rollback


def _writes_one_row(statement: AskedStatement) -> bool:
    reading = statement.reading
    if reading is None or len(reading.shape.changes) != 1:
        return False
    if statement.counted.verb == "insert":
        return is_single_row_insert(reading.tree)
    if statement.counted.verb not in {"update", "delete"} or len(reading.shape.uses) != 1:
        return False
    conditions = reading.shape.uses[0].conditions
    return any(one.is_column and one.operator == "=" and one.parameter and not one.is_list for one in conditions)
