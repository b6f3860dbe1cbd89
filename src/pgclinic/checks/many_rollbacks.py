"""A large part of the transactions is rolled back.

What it sees:
    At least `notable_share` of at least `min_transactions` transactions of this database were rolled back.

Why it matters:
    Often it is harmless: some pools and frameworks end reading transactions with ROLLBACK, and this check cannot tell.
    Otherwise the work is lost, dead rows stay behind, and users saw errors.

What to do:
    Look in the server's log for errors, with log_min_error_statement at its default. Use ON CONFLICT where
    a unique violation is expected.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot

FAMILY = "connections"
NEEDS = ("database_counters",)


def examine(snapshot: Snapshot, *, notable_share: float = 0.1, min_transactions: int = 10_000) -> Iterator[Finding]:
    """The database, when it rolls back much."""
    counters = snapshot.database_counters
    if counters is None:
        return
    transactions = counters.xact_commit + counters.xact_rollback
    if transactions < min_transactions or counters.xact_rollback < notable_share * transactions:
        return
    share = counters.xact_rollback / transactions
    yield Finding(
        check="many_rollbacks",
        severity=Severity.INFO,
        object=ObjectName("database", snapshot.server.database),
        summary="{share} of the transactions were rolled back: {rollbacks} of {transactions}.",
        advice="See in the server's log whether they are errors, or only how a pool ends reading transactions.",
        facts=(
            Fact("share", share, Unit.RATIO),
            Fact("rollbacks", counters.xact_rollback),
            Fact("transactions", transactions),
        ),
        burden=share,
    )
