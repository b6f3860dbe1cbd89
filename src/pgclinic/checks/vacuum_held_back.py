"""Somebody still sees old row versions, so vacuum cannot clear them in any table.

What it sees:
    Who holds the oldest transaction of this database: a session, a prepared transaction, a replication slot, or a
    standby through hot_standby_feedback. Reported when at least `old_transactions` transactions have begun since; a
    session or prepared transaction also for at least `min_seconds`, a slot or standby at ten times as many
    transactions, because their time is not known. A warning when `dead_share` of all rows are dead already.

Why it matters:
    Vacuum runs, reads everything, and may clear nothing that died since then. Tables and indexes grow until the holder
    goes, and do not shrink afterwards.

What to do:
    End the holder: the finding says who it is. Nothing else helps, not more autovacuum and not VACUUM by hand.
"""

from collections.abc import Iterator

import msgspec

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.sessions import OWN_NAME, owner_of, seconds_since
from pgclinic.model.snapshot import Snapshot

FAMILY = "storage"
NEEDS = ("sessions", "prepared_transactions", "replication_slots", "replicas", "table_counters")
_WITHOUT_TIME = 10


class Holder(msgspec.Struct, frozen=True):
    """Who holds a transaction, of what ``kind`` in words, how many transactions ago, and for how long if known."""

    object: ObjectName
    kind: Fact
    age: int
    seconds: float | None = None


def examine(
    snapshot: Snapshot, *, old_transactions: int = 1_000_000, min_seconds: float = 900, dead_share: float = 0.1
) -> Iterator[Finding]:
    """The oldest holder."""
    long = [
        holder
        for holder in _holders(snapshot)
        if holder.age >= old_transactions * (_WITHOUT_TIME if holder.seconds is None else 1)
        and (holder.seconds is None or holder.seconds >= min_seconds)
    ]
    oldest = max(long, key=lambda holder: (holder.age, holder.object), default=None)
    if oldest is None:
        return
    dead = sum(counters.n_dead_tup for counters in snapshot.table_counters)
    live = sum(counters.n_live_tup for counters in snapshot.table_counters)
    share = dead / (dead + live) if dead else 0.0
    yield Finding(
        check="vacuum_held_back",
        severity=Severity.WARNING if share >= dead_share else Severity.NOTICE,
        object=oldest.object,
        summary="Vacuum cannot clear what died in the last {transactions} transactions, because of {kind} {holder}.",
        advice="End {kind} {holder}; vacuum clears nothing of this before.",
        facts=(
            oldest.kind,
            Fact("holder", oldest.object.name, Unit.TEXT),
            Fact("transactions", oldest.age),
            *([Fact("held_for", oldest.seconds, Unit.SECONDS)] if oldest.seconds is not None else []),
            Fact("dead", dead),
            Fact("dead_share", share, Unit.RATIO),
            Fact("others", len(long) - 1),
        ),
        burden=min(max(2 * share, 0.05), 1),
    )


def _holders(snapshot: Snapshot) -> Iterator[Holder]:
    database = snapshot.server.database
    for session in snapshot.sessions:
        if session.database == database and session.application != OWN_NAME and not session.is_vacuuming:
            kind = Fact("kind", "a session of", Unit.PHRASE)
            age = max(session.xmin_age or 0, session.xid_age or 0)
            yield Holder(owner_of(session), kind, age, seconds_since(snapshot, session.transaction_at))
    for prepared in snapshot.prepared_transactions:
        if prepared.database == database:
            name = ObjectName("prepared transaction", prepared.name)
            kind = Fact("kind", "the prepared transaction", Unit.PHRASE)
            seconds = seconds_since(snapshot, prepared.prepared_at)
            yield Holder(name, kind, prepared.xid_age, seconds)
    for slot in snapshot.replication_slots:
        kind = Fact("kind", "the replication slot", Unit.PHRASE)
        yield Holder(ObjectName("replication slot", slot.name), kind, slot.xmin_age or 0)
    for replica in snapshot.replicas:
        name = ObjectName("replica", replica.application or str(replica.pid))
        kind = Fact("kind", "the feedback of the standby", Unit.PHRASE)
        yield Holder(name, kind, replica.xmin_age or 0)
