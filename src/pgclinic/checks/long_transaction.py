"""A transaction has been at work for hours.

What it sees:
    Sessions of this database whose transaction began at least `long_seconds` ago and which are neither idle in it nor
    at VACUUM, which holds nothing back. Up to `notable_seconds` it is only said, because dumps, reports and index
    builds may take that long; from `heavy_seconds` on it is a warning.

Why it matters:
    As long as it runs, vacuum must keep what it might still read, in every table of the database, so that all of them
    grow. An update of a large table in one transaction also keeps its locks to the end.

What to do:
    Do large changes in batches that are committed one by one. Send long reports and dumps to a replica, or to
    a time of day when little changes.
"""

from collections.abc import Iterator

from pgclinic.model.activity import Session
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.sessions import clients, owner_of, seconds_since
from pgclinic.model.snapshot import Snapshot

FAMILY = "connections"
NEEDS = ("sessions",)


def examine(
    snapshot: Snapshot,
    *,
    long_seconds: float = 3_600,
    notable_seconds: float = 21_600,
    heavy_seconds: float = 86_400,
) -> Iterator[Finding]:
    """Those who work in long transactions, in the order of their names."""
    longest = dict[ObjectName, Session]()
    for session in clients(snapshot):
        is_elsewhere = session.state.startswith("idle") or session.is_vacuuming
        if is_elsewhere or seconds_since(snapshot, session.transaction_at) < long_seconds:
            continue
        owner = owner_of(session)
        known = longest.get(owner, session)
        longest[owner] = min(known, session, key=lambda one: (one.transaction_at or "", one.pid))
    for owner, session in sorted(longest.items()):
        seconds = seconds_since(snapshot, session.transaction_at)
        yield Finding(
            check="long_transaction",
            severity=_severity(seconds, notable_seconds, heavy_seconds),
            object=owner,
            summary="A transaction of {owner} has been at work for {transaction}.",
            advice="Change in batches that are committed one by one; read long reports from a replica.",
            facts=(
                Fact("owner", owner.name, Unit.TEXT),
                Fact("role", session.role, Unit.TEXT),
                Fact("transaction", seconds, Unit.SECONDS),
                Fact("statement", seconds_since(snapshot, session.statement_at), Unit.SECONDS),
                Fact("pid", str(session.pid), Unit.TEXT),
            ),
            burden=seconds / (seconds + heavy_seconds),
        )


def _severity(seconds: float, notable: float, heavy: float) -> Severity:
    if seconds >= heavy:
        return Severity.WARNING
    return Severity.NOTICE if seconds >= notable else Severity.INFO
