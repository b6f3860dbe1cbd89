"""Sessions wait in a queue for locks that one session holds.

What it sees:
    Who waits for whom, followed to the head of each queue: the session that waits for nobody. Reported when the
    statement that has waited longest began at least `min_seconds` ago; a warning from `long_seconds` on, or
    from `many_sessions` on that wait, directly or behind each other.

Why it matters:
    Nothing is wrong with the statements that wait: they cost their users the whole time of the one at the head. Each
    keeps a connection and its own locks meanwhile, so that a queue grows quickly.

What to do:
    Look at what the head does: an idle transaction should be ended, a schema change should be tried again with a short
    lock_timeout, a long update should be cut into batches. Lock rows in the same order everywhere.
"""

from collections.abc import Iterator, Mapping

from pgclinic.model.activity import Session
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.sessions import clients, owner_of, seconds_since
from pgclinic.model.snapshot import Snapshot

FAMILY = "connections"
NEEDS = ("sessions",)


def examine(
    snapshot: Snapshot, *, min_seconds: float = 5, long_seconds: float = 30, many_sessions: int = 5
) -> Iterator[Finding]:
    """The heads of queues, in the order of their pids."""
    all_clients = clients(snapshot)
    by_pid = {session.pid: session for session in snapshot.sessions}
    queues: dict[int, list[Session]] = {}
    for session in all_clients:
        if session.blocked_by:
            queues.setdefault(_head(session, by_pid), []).append(session)
    for pid, queue in sorted(queues.items()):
        longest = max(queue, key=lambda session: (seconds_since(snapshot, session.statement_at), session.pid))
        seconds = seconds_since(snapshot, longest.statement_at)
        if seconds < min_seconds:
            continue
        head = by_pid.get(pid)
        wanted = snapshot.relation_by_oid.get(longest.waits_for or 0)
        yield Finding(
            check="blocked_sessions",
            severity=Severity.WARNING if seconds >= long_seconds or len(queue) >= many_sessions else Severity.NOTICE,
            object=owner_of(head) if head else ObjectName("transaction", "prepared or ended"),
            summary="{owner} holds locks that others wait for: {waiting} in all, the longest for {longest_wait}.",
            advice="Look at what pid {pid} of {owner} does ({state}), and end or shorten its transaction.",
            facts=(
                Fact("waiting", len(queue)),
                Fact("longest_wait", seconds, Unit.SECONDS),
                Fact("pid", str(pid), Unit.TEXT),
                _owner(head),
                _state(head),
                Fact("role", head.role if head else "", Unit.TEXT),
                Fact("transaction", seconds_since(snapshot, head.transaction_at) if head else 0, Unit.SECONDS),
                *([Fact("relation", str(wanted.relation_name), Unit.TEXT)] if wanted else []),
            ),
            burden=len(queue) / len(all_clients),
        )


def _head(session: Session, by_pid: Mapping[int, Session]) -> int:
    """The end of the chain; in a ring, which the server will break by itself, the smallest pid that was met."""
    pid, met = session.pid, set[int]()
    while pid not in met:
        met.add(pid)
        current = by_pid.get(pid)
        if current is None or not current.blocked_by:
            return pid
        pid = min(current.blocked_by)
    return min(met)


def _owner(head: Session | None) -> Fact:
    return Fact("owner", owner_of(head).name, Unit.TEXT) if head else Fact("owner", "somebody", Unit.PHRASE)


def _state(head: Session | None) -> Fact:
    if head is None:
        return Fact("state", "a prepared transaction, or gone", Unit.PHRASE)
    return Fact("state", head.state, Unit.TEXT) if head.state else Fact("state", "a server process", Unit.PHRASE)
