"""How often sums are asked for and how often their table changes, and how often they have to be made anew for that."""

import msgspec

from pgclinic.model.clock import seconds_between, seconds_counted
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import Workload
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.shape import shape_of
from pgclinic.sql.statements import UnreadableSqlError

INTERVALS = (60, 300, 900, 1800, 3600, 6 * 3600, 86_400)
"""Seconds between two refreshes that people choose from."""

_WHOLE_DAY = 86_400.0
_LEAST_SECONDS = 1.0
"""Of counting: what was counted in less says nothing of a second."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """Per second: how often statements ask, how many rows change, and how many statements change them."""

    asks: float
    changes: float
    writes: float

    @property
    def changes_per_ask(self) -> float:
        """Rows that change from one time that somebody asks to the next."""
        return self.changes / self.asks if self.asks else 0.0


def pace_of(snapshot: Snapshot, workload: Workload, table: RelationName, calls: float) -> Pace:
    """The pace of a table, partitions included, against that of statements with so many calls together."""
    relation = snapshot.relation_by_name[table]
    pending, oids = [relation.oid], set[int]()
    while pending:
        oid = pending.pop()
        oids.add(oid)
        pending += [child.oid for child in snapshot.children_of.get(oid, ()) if child.oid not in oids]
    counted = [snapshot.counters_of[oid] for oid in oids if oid in snapshot.counters_of]
    changes = sum(each.n_tup_ins + each.n_tup_upd + each.n_tup_del for each in counted)
    asked_for = _seconds_asked(snapshot)
    return Pace(
        asks=calls / asked_for,
        changes=changes / max(_LEAST_SECONDS, seconds_counted(snapshot) or _WHOLE_DAY),
        writes=_writes(snapshot, workload, table) / asked_for,
    )


def interval_for(pace: Pace, *, refresh_ms: float, saved_ms: float, largest_share: float) -> int | None:
    """The shortest interval at which refreshing costs at most this share of what is saved; None where none does.

    ``saved_ms`` is what one asking saves. There is no point in refreshing more often than the table changes.
    """
    saved_a_second = pace.asks * saved_ms
    for seconds in INTERVALS:
        is_cheap = refresh_ms <= largest_share * saved_a_second * seconds
        if is_cheap and pace.changes * seconds >= min(1.0, pace.changes * INTERVALS[-1]):
            return seconds
    return None


def _seconds_asked(snapshot: Snapshot) -> float:
    """How long statements were counted."""
    counters = snapshot.database_counters
    since = (counters.statements_reset or counters.stats_reset) if counters else None
    since = since or snapshot.server.started_at
    try:
        return max(_LEAST_SECONDS, seconds_between(since, snapshot.header.clock)) if since else _WHOLE_DAY
    except ValueError:
        return _WHOLE_DAY


def _writes(snapshot: Snapshot, workload: Workload, table: RelationName) -> float:
    """Statements of the workload that change the table."""
    resolver = resolver_of(snapshot)
    total = 0.0
    for statement in workload.statements:
        try:
            changes = shape_of(statement.sql, resolver).changes
        except UnreadableSqlError:
            continue
        total += statement.calls if any(change.relation == table for change in changes) else 0.0
    return total
