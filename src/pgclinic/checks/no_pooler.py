"""So many connections are made, or kept idle, that a pooler would pay.

What it sees:
    Either at least `many_idle` clients of which at least `idle_share` are idle outside any transaction. Or, from server
    14 on, connections of this database that are begun at least `per_second` times a second, live for less
    than `short_seconds` on average and run at most `few_transactions` transactions each, once `min_begun` of them were
    counted.

Why it matters:
    Each connection is a process of the server: beginning one costs more than a simple query, and each that is idle
    takes memory and makes every snapshot of the others a little slower.

What to do:
    Let the application keep its connections in a pool, and where many processes each have their own pool, put
    PgBouncer in transaction mode in front of the server.
"""

from collections.abc import Iterator

from pgclinic.model.activity import ConnectionCounts
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.sessions import counted_seconds
from pgclinic.model.snapshot import Snapshot

FAMILY = "connections"
NEEDS = ("connections", "database_counters")


def examine(
    snapshot: Snapshot,
    *,
    many_idle: int = 200,
    idle_share: float = 0.8,
    min_begun: int = 10_000,
    per_second: float = 1,
    short_seconds: float = 2,
    few_transactions: float = 3,
) -> Iterator[Finding]:
    """The database, when its connections are many or short."""
    counts = snapshot.connection_counts
    if counts is None:
        return
    if counts.idle is not None and counts.idle >= many_idle and counts.idle >= idle_share * counts.clients:
        yield Finding(
            check="no_pooler",
            severity=Severity.NOTICE,
            object=ObjectName("server", "idle connections"),
            summary="{idle} of {clients} connections are idle.",
            advice="Make the applications' pools smaller, or put PgBouncer in transaction mode in front.",
            facts=(Fact("idle", counts.idle), Fact("clients", counts.clients)),
            burden=counts.idle / (counts.idle + 2 * many_idle),
        )
    rate = _rate(snapshot, counts)
    transactions = _transactions(snapshot)
    if rate is None or not counts.begun or counts.begun < min_begun or rate < per_second:
        return
    open_seconds = (counts.open_ms or 0) / 1000 / counts.begun
    if open_seconds < short_seconds and transactions <= few_transactions * counts.begun:
        yield Finding(
            check="no_pooler",
            severity=Severity.NOTICE,
            object=ObjectName("database", snapshot.server.database),
            summary="{per_second} connections are begun each second, which live for {open} on average.",
            advice="Let the application keep connections in a pool, or put PgBouncer in front.",
            facts=(
                Fact("per_second", rate),
                Fact("begun", counts.begun),
                Fact("open", open_seconds, Unit.SECONDS),
                Fact("transactions_each", transactions / counts.begun),
            ),
            burden=rate / (rate + 10 * per_second),
        )


def _rate(snapshot: Snapshot, counts: ConnectionCounts) -> float | None:
    """Connections begun a second, over the longest time that they may have been counted for."""
    seconds = counted_seconds(snapshot)
    return counts.begun / seconds if counts.begun and seconds else None


def _transactions(snapshot: Snapshot) -> int:
    counters = snapshot.database_counters
    return counters.xact_commit + counters.xact_rollback if counters else 0
