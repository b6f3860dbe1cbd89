"""The figures that are kept of a sample, each with its name, unit and meaning. Pure.

Names are stable words that end in their unit where it is no plain count or share. ``MEANINGS`` is the whole list; the
table of docs/watching.md is made of it.
"""

import math
from collections.abc import Iterator, Sequence

import msgspec

from pgclinic.grading.buckets import are_told, bucketed_percentile_ms
from pgclinic.grading.percentiles import percentile_ms
from pgclinic.model.evidence import Provenance, Unit
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.watching import Observation, StatementDelta, TableDelta
from pgclinic.watch.at_work import at_work
from pgclinic.watch.keeping_up import keeping_up

MEANINGS = {
    "p50_ms": (Unit.MILLISECONDS, "half of all calls were faster; estimated from means and deviations"),
    "p95_ms": (Unit.MILLISECONDS, "19 of 20 calls were faster; needs 20 calls"),
    "p99_ms": (Unit.MILLISECONDS, "99 of 100 calls were faster; needs 100 calls"),
    "calls_per_s": (Unit.COUNT, "calls of statements a second"),
    "rows_per_s": (Unit.COUNT, "rows that statements returned or changed a second"),
    "busy_sessions": (Unit.COUNT, "sessions that ran a statement, on average: time of statements by time"),
    "transactions_per_s": (Unit.COUNT, "transactions ended a second"),
    "rollbacks": (Unit.RATIO, "transactions that were rolled back, of all"),
    "cache_hit": (Unit.RATIO, "pages found in shared_buffers, of those that statements asked for"),
    "dead_rows": (Unit.RATIO, "dead rows of all rows of the tables"),
    "index_scans": (Unit.RATIO, "scans by index, of all scans of tables of 10,000 rows and more"),
    "temp_bytes_per_s": (Unit.BYTES, "temporary files written a second"),
    "wal_bytes_per_s": (Unit.BYTES, "write-ahead log written a second, by the whole server"),
    "deadlocks": (Unit.COUNT, "deadlocks since the look before"),
    "checksum_failures": (Unit.COUNT, "pages with a wrong checksum since the look before"),
    "evictions": (Unit.COUNT, "times that pg_stat_statements ran out of room since the look before"),
    "archive_failures": (Unit.COUNT, "failed attempts to archive WAL since the look before"),
    "archive_age_s": (Unit.SECONDS, "since WAL was last archived, where the last attempt failed; else 0"),
    "archive_behind_bytes": (Unit.BYTES, "whole WAL segments that are not archived yet, of a primary that archives"),
    "base_backup_s": (Unit.SECONDS, "how long the longest base backup has been running; 0: none"),
    "connections": (Unit.COUNT, "clients connected to the whole server"),
    "connections_used": (Unit.RATIO, "of max_connections"),
    "active_sessions": (Unit.COUNT, "sessions of this database that run a statement at the moment"),
    "waiting_sessions": (Unit.COUNT, "of these, those that wait for something"),
    "blocked_sessions": (Unit.COUNT, "of these, those that wait for another session's lock"),
    "longest_block_s": (Unit.SECONDS, "how long the longest blocked statement has been running"),
    "idle_in_transaction": (Unit.COUNT, "sessions that wait for their application inside a transaction"),
    "idle_in_transaction_s": (Unit.SECONDS, "how long the longest of them has been idle"),
    "oldest_transaction_s": (Unit.SECONDS, "how long the oldest transaction of this database has been open"),
    "oldest_xmin_age": (Unit.COUNT, "transactions since the oldest row version that vacuum must leave"),
    "freeze_age": (Unit.COUNT, "transactions since the oldest row that is not frozen; wraparound at 2,000,000,000"),
    "multixact_age": (Unit.COUNT, "multixact ids since the oldest in use"),
    "replication_lag_bytes": (Unit.BYTES, "WAL that a replica has not replayed, by replica"),
    "replication_lag_s": (Unit.SECONDS, "how long the newest change took to be replayed, by replica"),
    "standby_lag_bytes": (Unit.BYTES, "WAL received and not replayed, where the target is a standby"),
    "standby_lag_s": (Unit.SECONDS, "since the newest replayed transaction, where the target is a standby"),
    "slot_bytes": (Unit.BYTES, "WAL that a replication slot keeps, by slot"),
    "slot_unused_bytes": (
        Unit.BYTES,
        "of these, by physical slot of a primary, where nobody is connected to it; else 0",
    ),
    "disk_free_bytes": (Unit.BYTES, "free on the disk of the data directory, where that is on this machine"),
    "view_staleness_s": (Unit.SECONDS, "how old what a materialized view shows may be, by view; 0: nothing changed"),
    "grade_points": (Unit.COUNT, "points of the last checkup, 0 to 100"),
    "database_bytes": (Unit.BYTES, "size of the database's files; every ten minutes"),
}
"""Unit and meaning of each observation, by its name."""

_SHARES = {"p50_ms": 0.50, "p95_ms": 0.95, "p99_ms": 0.99}
_SLACK = 1e-9

LARGE_ROWS = 10_000
"""A smaller table is rightly read from end to end."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Two looks and what was gained between them; ``seconds`` None where nothing can be said of it.

    ``utility`` are query ids of statements that are no queries of an application. ``is_anew``: the counters of the
    database fell. ``durations`` of single calls in ms, where a log tells them.
    """

    before: Snapshot | None
    after: Snapshot
    seconds: float | None
    statements: tuple[StatementDelta, ...] = ()
    tables: tuple[TableDelta, ...] = ()
    utility: frozenset[str] = frozenset()
    is_anew: bool = False
    durations: tuple[float, ...] | None = None


def observations(seen: Seen) -> Iterator[Observation]:
    """Every figure that could be had; what the server did not tell is left out."""
    if seen.seconds is not None:
        if seen.durations is None:
            yield from latencies(tuple(each for each in seen.statements if each.queryid not in seen.utility))
        else:
            yield from true_latencies(seen.durations)
        for name, value in _gained(seen, seen.seconds):
            if value is not None:
                yield observed(name, value)
    for name, value in (*_levels(seen.after), *at_work(seen.after)):
        if value is not None:
            yield observed(name, value)
    for name, value, of in keeping_up(seen.after):
        if value is not None:
            yield observed(name, value, of=of)


def observed(
    name: str, value: float | None, *, of: ObjectName | None = None, provenance: Provenance = Provenance.MEASURED
) -> Observation:
    """An observation with its unit. Raises KeyError for a name that is not in the list."""
    return Observation(name=name, value=value, unit=MEANINGS[name][0], provenance=provenance, object=of)


def latencies(statements: tuple[StatementDelta, ...]) -> Iterator[Observation]:
    """Percentiles, from buckets where nearly all calls are in them, else estimated; empty with too few calls."""
    buckets = [bucket for each in statements for bucket in each.times]
    calls = sum(each.calls for each in statements)
    if are_told(buckets, calls):
        for name, share in _SHARES.items():
            yield observed(name, bucketed_percentile_ms(buckets, share), provenance=Provenance.BUCKETED)
        return
    for name, share in _SHARES.items():
        yield observed(name, percentile_ms(statements, share), provenance=Provenance.ESTIMATED)


def true_latencies(durations: Sequence[float]) -> Iterator[Observation]:
    """Percentiles of calls whose durations, in ms, are known, by nearest rank; empty where there were too few."""
    in_order = sorted(durations)
    for name, share in _SHARES.items():
        is_enough = len(in_order) * (1 - share) >= 1 - _SLACK
        yield observed(name, in_order[math.ceil(share * len(in_order)) - 1] if is_enough else None)


def _gained(seen: Seen, seconds: float) -> Iterator[tuple[str, float | None]]:
    """What the counters of the whole database say of the time between the looks."""
    if seen.after.sees("statement_counts"):
        yield "calls_per_s", sum(each.calls for each in seen.statements) / seconds
        yield "rows_per_s", sum(each.rows for each in seen.statements) / seconds
        yield "busy_sessions", sum(each.total_ms for each in seen.statements) / 1000 / seconds
    commits, rollbacks = _counted(seen, "xact_commit"), _counted(seen, "xact_rollback")
    if commits is not None and rollbacks is not None:
        yield "transactions_per_s", (commits + rollbacks) / seconds
        yield "rollbacks", rollbacks / (commits + rollbacks) if commits + rollbacks else None
    yield "cache_hit", _cache_hit(seen)
    by_index = sum(each.idx_scan for each in seen.tables if each.live_rows >= LARGE_ROWS)
    scans = by_index + sum(each.seq_scan for each in seen.tables if each.live_rows >= LARGE_ROWS)
    yield "index_scans", by_index / scans if scans else None
    temporary = _counted(seen, "temp_bytes")
    yield "temp_bytes_per_s", None if temporary is None else temporary / seconds
    wal = gained(seen, "wal_counters", "bytes")
    yield "wal_bytes_per_s", None if wal is None else wal / seconds
    yield "deadlocks", _counted(seen, "deadlocks")
    yield "checksum_failures", _counted(seen, "checksum_failures")
    yield "evictions", _counted(seen, "statements_dealloc")
    yield "archive_failures", gained(seen, "archiver", "failed")


def _cache_hit(seen: Seen) -> float | None:
    """Of the pages that statements asked for; without their counters, of those that anyone did."""
    read: float | None = sum(each.shared_blks_read for each in seen.statements)
    hit: float | None = sum(each.shared_blks_hit for each in seen.statements)
    if not seen.after.sees("statement_counts"):
        read, hit = _counted(seen, "blks_read"), _counted(seen, "blks_hit")
    return hit / (hit + read) if hit is not None and read is not None and hit + read else None


def _counted(seen: Seen, field: str) -> float | None:
    return gained(seen, "database_counters", field)


def gained(seen: Seen, kind: str, field: str) -> float | None:
    """What one counter gained: all that it shows where it began anew; None where either look lacks it."""
    now = getattr(getattr(seen.after, kind), field, None)
    then = getattr(getattr(seen.before, kind, None), field, None)
    if now is None or then is None:
        return None
    is_anew = now < then or (seen.is_anew and kind == "database_counters" and field != "statements_dealloc")
    return float(now if is_anew else now - then)


def _levels(look: Snapshot) -> Iterator[tuple[str, float | None]]:
    """What is so at the moment of the look."""
    live = sum(each.n_live_tup for each in look.table_counters)
    dead = sum(each.n_dead_tup for each in look.table_counters)
    yield "dead_rows", dead / (live + dead) if live + dead else None
    counters = look.database_counters
    if counters is not None:
        yield "freeze_age", counters.frozen_xid_age
        yield "multixact_age", counters.multixact_age
        yield "database_bytes", counters.size_bytes
