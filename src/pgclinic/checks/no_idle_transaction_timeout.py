"""Nothing ends a transaction that an application has forgotten, and applications do forget them.

What it sees:
    idle_in_transaction_session_timeout is 0 for new sessions of this database, and sessions were idle in transactions:
    one for at least `idle_seconds` just now, or, from server 14 on, all together for at least `notable_share` of the
    time that they were open, and at least `min_seconds`.

Why it matters:
    An open transaction keeps locks and old row versions for as long as its application stands still, be it for ever.

What to do:
    Set idle_in_transaction_session_timeout to some minutes for the roles of applications. A session that is ended by it
    gets an error at its next statement, so let the application connect anew then.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.sessions import clients, seconds_since
from pgclinic.model.settings import of_database
from pgclinic.model.snapshot import Snapshot

FAMILY = "settings"
NEEDS = ("settings", "sessions", "connections")


def examine(
    snapshot: Snapshot, *, idle_seconds: float = 60, notable_share: float = 0.2, min_seconds: float = 3_600
) -> Iterator[Finding]:
    """The setting, when it would have had something to do."""
    if of_database(snapshot, "idle_in_transaction_session_timeout") != "0":
        return
    idle = [one for one in clients(snapshot) if one.state.startswith("idle in transaction")]
    longest = max((seconds_since(snapshot, session.state_at) for session in idle), default=0.0)
    counts = snapshot.connection_counts
    total = (counts.idle_in_transaction_ms or 0) / 1000 if counts else 0
    opened = (counts.open_ms or 0) / 1000 if counts else 0
    share = min(total / opened, 1) if opened else 0.0
    if longest < idle_seconds and (total < min_seconds or share < notable_share):
        return
    yield Finding(
        check="no_idle_transaction_timeout",
        severity=Severity.INFO,
        object=ObjectName("setting", "idle_in_transaction_session_timeout"),
        summary="Sessions were idle in transactions for {total} ({share} of their time), and nothing ends that.",
        advice="Set idle_in_transaction_session_timeout to some minutes for the roles of applications.",
        facts=(
            Fact("total", max(total, longest), Unit.SECONDS),
            Fact("share", share, Unit.RATIO),
            Fact("longest_now", longest, Unit.SECONDS),
        ),
    )
