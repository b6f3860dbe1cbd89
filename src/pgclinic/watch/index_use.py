"""How long it is known that an index is not used: over resets of the statistics, and on every replica."""

from collections import Counter

import msgspec

from pgclinic.model.clock import seconds_later
from pgclinic.model.snapshot import Snapshot
from pgclinic.watch.history import History
from pgclinic.watch.moments import SECOND, iso, micros

WINDOW_DAYS = 60
ENOUGH = 0.95
"""Which share of the time has to be watched to speak of all of it."""

_DAY = 86_400


class IndexUse(msgspec.Struct, frozen=True, kw_only=True):
    """What history knows of the use of a database's indexes, on all of its servers that are watched.

    ``since`` is when all of them were watched, None where there is too little; ``scans`` are by oid, which are the
    same on a primary and its replicas.
    """

    since: str | None
    window_seconds: float
    watched_seconds: float
    servers: tuple[str, ...]
    standbys: int
    scans: dict[int, int]


def index_use(history: History, target: str, now: str, *, days: float = WINDOW_DAYS) -> IndexUse:
    """Added up over the last ``days``, over every watched server with the target's system identifier and database."""
    known = {each.name: each for each in history.targets()}
    own = known.get(target)
    family = [
        each
        for each in known.values()
        if own is not None
        and (
            each.name == target
            or (
                own.system_identifier
                and (each.system_identifier, each.database) == (own.system_identifier, own.database)
            )
        )
    ]
    scans: Counter[int] = Counter()
    begins: list[int] = []
    watched: list[float] = []
    earliest = seconds_later(now, -int(days * _DAY))
    for each in family:
        begin, seconds = micros(now), 0.0
        for at, covered, details in history.details(each.name, earliest, now):
            begin = min(begin, micros(at) - int(covered * SECOND))
            seconds += covered
            for index in details.indexes:
                scans[index.relation] += index.scans
        begins.append(begin)
        watched.append(seconds)
    since = max(begins, default=micros(now))
    window = (micros(now) - since) / SECOND
    seen = min(watched, default=0.0)
    return IndexUse(
        since=iso(since) if window and seen >= ENOUGH * window else None,
        window_seconds=window,
        watched_seconds=min(seen, window),
        servers=tuple(sorted(each.name for each in family)),
        standbys=sum(each.is_standby for each in family),
        scans=dict(scans),
    )


def unwatched_replicas(snapshot: Snapshot, use: IndexUse) -> int:
    """Physical replicas that receive WAL and that nobody watches: they count scans for themselves."""
    logical = {slot.name for slot in snapshot.replication_slots if slot.kind == "logical"}
    return max(0, sum(each.slot not in logical for each in snapshot.replicas) - use.standbys)


def with_use(snapshot: Snapshot, use: IndexUse) -> Snapshot:
    """The snapshot, its indexes with the scans of all servers, and counting since they are all watched."""
    whole = use.since is not None and not unwatched_replicas(snapshot, use)
    indexes = tuple(
        msgspec.structs.replace(
            index,
            scans=None if index.scans is None else max(index.scans, use.scans.get(index.oid, 0)),
            stats_reset=use.since if whole else index.stats_reset,
        )
        for index in snapshot.indexes
    )
    return msgspec.structs.replace(snapshot, indexes=indexes)
