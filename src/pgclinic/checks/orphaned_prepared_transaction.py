"""A transaction was prepared for a second phase that does not come.

What it sees:
    Prepared transactions of this database that were prepared at least `long_seconds` ago.

Why it matters:
    It keeps all of its locks and every row version that it might see, through restarts too, until somebody commits or
    rolls it back. Sooner or later vacuum cannot clear anything any more, and the server stops before wraparound.

What to do:
    Ask the transaction manager whether the transaction was meant to succeed, then COMMIT PREPARED or ROLLBACK PREPARED
    it by its name. Where nothing uses two-phase commit, set max_prepared_transactions to 0.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.sessions import seconds_since
from pgclinic.model.snapshot import Snapshot

FAMILY = "connections"
NEEDS = ("prepared_transactions",)


def examine(snapshot: Snapshot, *, long_seconds: float = 3_600) -> Iterator[Finding]:
    """Prepared transactions that are left over, oldest first."""
    for one in snapshot.prepared_transactions:
        seconds = seconds_since(snapshot, one.prepared_at)
        if one.database != snapshot.server.database or seconds < long_seconds:
            continue
        yield Finding(
            check="orphaned_prepared_transaction",
            severity=Severity.WARNING,
            object=ObjectName("prepared transaction", one.name),
            summary="The transaction {name} of {role} was prepared {prepared} ago and never finished.",
            advice="Ask its transaction manager, then COMMIT PREPARED or ROLLBACK PREPARED it.",
            facts=(
                Fact("name", one.name, Unit.TEXT),
                Fact("role", one.role, Unit.TEXT),
                Fact("prepared", seconds, Unit.SECONDS),
                Fact("transactions_since", one.xid_age),
            ),
            burden=seconds / (seconds + 24 * long_seconds),
        )
