"""What counters gained between two looks. Pure.

A counter only falls when it begins anew: then all that it shows was gained since. A row of counters is one: where one
of them fell, all of the row began anew (https://www.postgresql.org/docs/current/monitoring-stats.html).
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from pgclinic.grading.buckets import merged
from pgclinic.model.catalog import Index, Relation
from pgclinic.model.counters import ResponseTimes, StatementCounters, TableCounters, TimeBucket
from pgclinic.model.names import ObjectName
from pgclinic.model.tables import table_object
from pgclinic.model.watching import IndexDelta, StatementDelta, TableDelta

_OF_TABLE = {
    "seq_scan": "seq_scan",
    "seq_tup_read": "seq_tup_read",
    "idx_scan": "idx_scan",
    "inserted": "n_tup_ins",
    "updated": "n_tup_upd",
    "deleted": "n_tup_del",
    "hot_updated": "n_tup_hot_upd",
}
_READ = ("heap_blks_read", "idx_blks_read", "toast_blks_read")
_HIT = ("heap_blks_hit", "idx_blks_hit", "toast_blks_hit")
_MONOTONE = (*_OF_TABLE.values(), *_READ, *_HIT, "vacuum_count", "autovacuum_count", "analyze_count")
_OF_STATEMENT = ("calls", "rows", "total_ms", "shared_blks_hit", "shared_blks_read", "temp_blks_written", "wal_bytes")


def fell(before: object, after: object, fields: Iterable[str]) -> bool:
    """Whether one of the counters is lower than it was; what is not known did not fall."""
    pairs = ((getattr(before, name), getattr(after, name)) for name in fields)
    return any(now < then for then, now in pairs if then is not None and now is not None)


def statements(
    before: Sequence[StatementCounters],
    after: Sequence[StatementCounters],
    *,
    all_anew: bool,
    without: Collection[str] = (),
) -> Iterator[StatementDelta]:
    """What each entry gained, those that were called alone; ``without`` are query ids of our own statements.

    An entry that was not there, that counts since another moment, or that fell, began anew.
    """
    then = {(each.queryid, each.role, each.since): each for each in before}
    for now in after:
        if now.queryid in without:
            continue
        earlier = None if all_anew else then.get((now.queryid, now.role, now.since))
        if earlier is not None and fell(earlier, now, _OF_STATEMENT):
            earlier = None
        if earlier is None or now.calls > earlier.calls:
            yield _statement(earlier, now)


def _statement(before: StatementCounters | None, after: StatementCounters) -> StatementDelta:
    """Mean and deviation are of the calls gained: sums and sums of squares can be set against each other."""
    values = {name: getattr(after, name) - (getattr(before, name) if before else 0) for name in _OF_STATEMENT}
    calls = values["calls"]
    mean = values["total_ms"] / calls
    squares = _squares(after) - (_squares(before) if before else 0.0)
    return StatementDelta(
        queryid=after.queryid,
        role=after.role,
        mean_ms=mean,
        stddev_ms=math.sqrt(max(squares / calls - mean * mean, 0.0)) if calls > 1 else 0.0,
        **values,
    )


def response_times(
    before: Sequence[ResponseTimes], after: Sequence[ResponseTimes], *, all_anew: bool
) -> dict[tuple[str, str], tuple[TimeBucket, ...]]:
    """How long the calls took that each statement gained, by query id and role: of all windows together.

    A window that was not there began since. One that counts less than it did began anew.
    """
    then = {} if all_anew else {(each.queryid, each.role, each.window): each.times for each in before}
    gained: dict[tuple[str, str], list[TimeBucket]] = {}
    for now in after:
        earlier = {
            (each.low_ms, each.high_ms): each.calls for each in then.get((now.queryid, now.role, now.window), ())
        }
        counted = {(each.low_ms, each.high_ms): each.calls for each in now.times}
        if any(counted.get(ends, 0) < calls for ends, calls in earlier.items()):
            earlier = {}
        more = (TimeBucket(*ends, calls - earlier.get(ends, 0)) for ends, calls in counted.items())
        gained.setdefault((now.queryid, now.role), []).extend(each for each in more if each.calls)
    return {key: merged(buckets) for key, buckets in gained.items()}


def _squares(counters: StatementCounters) -> float:
    return counters.calls * (counters.stddev_ms**2 + counters.mean_ms**2)


def tables(
    before: Sequence[TableCounters],
    after: Sequence[TableCounters],
    names: Mapping[int, ObjectName],
    sizes: Mapping[int, Relation],
    *,
    all_anew: bool,
) -> Iterator[TableDelta]:
    """What each table's counters gained; a table that was not there was made since."""
    then = {} if all_anew else {each.relation: each for each in before}
    nothing = TableCounters(relation=0)
    for now in after:
        name = names.get(now.relation)
        if name is None:
            continue
        earlier = then.get(now.relation, nothing)
        if fell(earlier, now, _MONOTONE):
            earlier = nothing
        size = sizes.get(now.relation)
        yield TableDelta(
            relation=now.relation,
            object=name,
            **{field: getattr(now, column) - getattr(earlier, column) for field, column in _OF_TABLE.items()},
            blks_read=_sum(now, _READ) - _sum(earlier, _READ),
            blks_hit=_sum(now, _HIT) - _sum(earlier, _HIT),
            live_rows=now.n_live_tup,
            dead_rows=now.n_dead_tup,
            bytes=None if size is None else size.total_bytes,
        )


def _sum(counters: TableCounters, names: Iterable[str]) -> int:
    return sum(getattr(counters, name) for name in names)


def indexes(before: Sequence[Index], after: Sequence[Index], *, all_anew: bool) -> Iterator[IndexDelta]:
    """How often each index was scanned since the census before; all of its count where it was not there then."""
    then = {} if all_anew else {each.oid: each for each in before}
    for now in after:
        if now.scans is None or now.is_partitioned:
            continue
        earlier = then.get(now.oid)
        is_same = earlier is not None and earlier.scans is not None and earlier.scans <= now.scans
        yield IndexDelta(
            relation=now.oid,
            object=ObjectName("index", now.name, now.schema, now.definition.relation.name),
            scans=now.scans - (earlier.scans or 0 if earlier is not None and is_same else 0),
            bytes=now.bytes,
        )


def names_of(relations: Iterable[Relation]) -> dict[int, ObjectName]:
    """Tables and materialized views by oid, as findings name them too."""
    return {each.oid: table_object(each) for each in relations}
