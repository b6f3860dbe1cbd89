"""Several deltas of the same thing as one: calls and blocks are added, levels are the last. Pure."""

import math
from collections.abc import Iterable, Sequence

from pgclinic.grading.buckets import merged
from pgclinic.model.watching import IndexDelta, StatementDelta, TableDelta

_SUMS = ("calls", "rows", "total_ms", "shared_blks_hit", "shared_blks_read", "temp_blks_written", "wal_bytes")
_TABLE_SUMS = (
    "seq_scan",
    "seq_tup_read",
    "idx_scan",
    "inserted",
    "updated",
    "deleted",
    "hot_updated",
    "blks_read",
    "blks_hit",
)


def merged_statements(deltas: Iterable[StatementDelta]) -> tuple[StatementDelta, ...]:
    """One a query id and role, those that took longest first."""
    groups: dict[tuple[str, str], list[StatementDelta]] = {}
    for each in deltas:
        groups.setdefault((each.queryid, each.role), []).append(each)
    together = (group[0] if len(group) == 1 else _statement(group) for group in groups.values())
    return tuple(sorted(together, key=lambda one: (-one.total_ms, one.queryid, one.role)))


def _statement(group: Sequence[StatementDelta]) -> StatementDelta:
    values = {name: sum(getattr(each, name) for each in group) for name in _SUMS}
    calls = values["calls"]
    mean = values["total_ms"] / calls if calls else 0.0
    spread = sum(each.calls * (each.stddev_ms**2 + (each.mean_ms - mean) ** 2) for each in group)
    return StatementDelta(
        queryid=group[0].queryid,
        role=group[0].role,
        mean_ms=mean,
        stddev_ms=math.sqrt(spread / calls) if calls else 0.0,
        times=merged(bucket for each in group for bucket in each.times),
        **values,
    )


def merged_tables(deltas: Iterable[TableDelta]) -> tuple[TableDelta, ...]:
    """One a table in order of names; rows and bytes are the last that were seen, so give them in order of time."""
    groups: dict[int, list[TableDelta]] = {}
    for each in deltas:
        groups.setdefault(each.relation, []).append(each)
    return tuple(sorted((_table(group) for group in groups.values()), key=lambda one: one.object))


def _table(group: Sequence[TableDelta]) -> TableDelta:
    last = group[-1]
    return TableDelta(
        relation=last.relation,
        object=last.object,
        live_rows=last.live_rows,
        dead_rows=last.dead_rows,
        bytes=next((each.bytes for each in reversed(group) if each.bytes is not None), None),
        **{name: sum(getattr(each, name) for each in group) for name in _TABLE_SUMS},
    )


def merged_indexes(deltas: Iterable[IndexDelta]) -> tuple[IndexDelta, ...]:
    """One an index in order of names; give them in order of time."""
    groups: dict[int, list[IndexDelta]] = {}
    for each in deltas:
        groups.setdefault(each.relation, []).append(each)
    return tuple(sorted((_index(group) for group in groups.values()), key=lambda one: one.object))


def _index(group: Sequence[IndexDelta]) -> IndexDelta:
    last = group[-1]
    return IndexDelta(
        relation=last.relation,
        object=last.object,
        scans=sum(each.scans for each in group),
        bytes=next((each.bytes for each in reversed(group) if each.bytes is not None), None),
    )
