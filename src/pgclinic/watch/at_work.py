"""Figures of who is at work at the moment of a look. Pure."""

from collections.abc import Iterable, Iterator

from pgclinic.model.activity import Session
from pgclinic.model.clock import seconds_between
from pgclinic.model.snapshot import Snapshot

_IDLE = ("idle in transaction", "idle in transaction (aborted)")


def at_work(look: Snapshot) -> Iterator[tuple[str, float | None]]:
    """Names and values, as ``observing.MEANINGS`` lists them; None for what the server hides."""
    counts = look.connection_counts
    if counts is not None:
        yield "connections", counts.clients
        most = look.setting.get("max_connections")
        yield "connections_used", counts.clients / int(most.value) if most is not None and most.value else None
    if not look.sees("sessions"):
        return
    sessions = [each for each in look.sessions if each.database == look.server.database]
    clock = look.header.clock
    active = [each for each in sessions if each.state == "active"]
    blocked = [each for each in active if each.blocked_by]
    idle = [each for each in sessions if each.state in _IDLE]
    yield "active_sessions", len(active)
    yield "waiting_sessions", sum(bool(each.wait_type) and each.wait_type != "Client" for each in active)
    yield "blocked_sessions", len(blocked)
    yield "longest_block_s", _longest(clock, (each.statement_at for each in blocked))
    yield "idle_in_transaction", len(idle)
    yield "idle_in_transaction_s", _longest(clock, (each.state_at for each in idle))
    yield "oldest_transaction_s", _longest(clock, (each.transaction_at for each in sessions))
    yield "oldest_xmin_age", max(_held_back(look, look.sessions), default=0)


def _longest(clock: str, moments: Iterable[str | None]) -> float:
    return max((max(0.0, seconds_between(each, clock)) for each in moments if each is not None), default=0.0)


def _held_back(look: Snapshot, sessions: Iterable[Session]) -> Iterator[int]:
    """Ages of what vacuum must leave alone, in transactions."""
    ages = [
        *(each.xmin_age for each in sessions if not each.is_vacuuming),
        *(each.xid_age for each in sessions),
        *(each.xid_age for each in look.prepared_transactions),
        *(each.xmin_age for each in look.replicas),
        *(age for each in look.replication_slots for age in (each.xmin_age, each.catalog_xmin_age)),
    ]
    return (age for age in ages if age is not None)
