"""An application keeps transactions open and does nothing in them.

What it sees:
    Sessions of this database that were idle in a transaction for at least `idle_seconds` when they were seen; from
    `long_seconds` on it is a warning. Sessions of one application (or, without a name, of one role) are one finding.

Why it matters:
    An open transaction keeps its locks, so that others wait for it; it keeps every row version that it might still
    look at, so that vacuum cannot clear them in any table; and it keeps a connection that nobody else can use.

What to do:
    End the transaction in the application before it waits for something else: a user, another service, a queue.
    As a safety net, set idle_in_transaction_session_timeout for the role that does it.
"""

from collections import defaultdict
from collections.abc import Iterator

from pgclinic.model.activity import Session
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.sessions import clients, owner_of, seconds_since
from pgclinic.model.snapshot import Snapshot

FAMILY = "connections"
NEEDS = ("sessions",)


def examine(snapshot: Snapshot, *, idle_seconds: float = 300, long_seconds: float = 3_600) -> Iterator[Finding]:
    """Those who keep transactions open, in the order of their names."""
    idle = defaultdict[ObjectName, list[Session]](list)
    for session in clients(snapshot):
        is_idle = session.state.startswith("idle in transaction")
        if is_idle and seconds_since(snapshot, session.state_at) >= idle_seconds:
            idle[owner_of(session)].append(session)
    for owner, sessions in sorted(idle.items()):
        oldest = min(sessions, key=lambda session: (session.state_at or "", session.pid))
        seconds = seconds_since(snapshot, oldest.state_at)
        yield Finding(
            check="idle_in_transaction",
            severity=Severity.WARNING if seconds >= long_seconds else Severity.NOTICE,
            object=owner,
            summary="{owner} left {sessions} transactions open without doing anything, the longest for {idle}.",
            advice="End transactions before waiting; set idle_in_transaction_session_timeout for the role {role}.",
            facts=(
                Fact("owner", owner.name, Unit.TEXT),
                Fact("role", oldest.role, Unit.TEXT),
                Fact("sessions", len(sessions)),
                Fact("idle", seconds, Unit.SECONDS),
                Fact("transaction", seconds_since(snapshot, oldest.transaction_at), Unit.SECONDS),
                Fact("pid", str(oldest.pid), Unit.TEXT),
            ),
            burden=seconds / (seconds + long_seconds),
        )
