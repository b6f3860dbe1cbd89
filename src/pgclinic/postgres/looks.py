"""Looks at a database before it is treated: what would make a treatment wait, fail, or get in somebody's way."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg

from pgclinic.model.names import RelationName
from pgclinic.model.preflight import Look, Verdict
from pgclinic.model.prescription import Prescription, SeenTable
from pgclinic.postgres.locks import clinic_at_work, old_transactions
from pgclinic.postgres.replicas import furthest_behind
from pgclinic.postgres.window import Window, look_at_clock

_OLD_SECONDS = 5
_LAG_SECONDS = 10
_SORT_SPACE = 2
"""An index build needs the index's size, and up to as much again for sorting."""
_MOVED = 2.0
"""A table with so many times the rows, or so many times fewer, is not the one that was planned for."""

_REPLICAS = "select pg_catalog.count(*) from pg_catalog.pg_stat_replication"

_QUEUE = """
select locks.granted, locks.mode, locks.pid, activity.application_name, activity.state,
       coalesce(extract(epoch from pg_catalog.clock_timestamp() - activity.xact_start), 0)::pg_catalog.int8
from pg_catalog.pg_locks as locks
join pg_catalog.pg_stat_activity as activity on activity.pid = locks.pid
where locks.locktype = 'relation'
  and locks.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
  and locks.relation = pg_catalog.to_regclass(pg_catalog.format('%%I.%%I', %s::pg_catalog.text, %s::pg_catalog.text))
  and locks.pid <> pg_catalog.pg_backend_pid()
  and (not locks.granted or locks.mode = any(%s))
order by locks.granted, activity.xact_start, locks.pid
"""

_HINDERING = [
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
]
"""Locks that conflict with those of a concurrent build (documentation, "Table-Level Locks")."""

_TABLE = """
select
  class.reltuples::pg_catalog.float8,
  array(
    select pg_catalog.format('%%s %%s', attname, pg_catalog.format_type(atttypid, atttypmod))
    from pg_catalog.pg_attribute
    where attrelid = class.oid and attnum > 0 and not attisdropped
    order by attnum
  ),
  array(
    select index_class.relname::pg_catalog.text
    from pg_catalog.pg_index as index
    join pg_catalog.pg_class as index_class on index_class.oid = index.indexrelid
    where index.indrelid = class.oid
    order by index_class.relname
  )
from pg_catalog.pg_class as class
join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
where namespace.nspname = %s and class.relname = %s
order by class.oid
"""


def looks_at_database(
    connection: psycopg.Connection, *, window: Window | None, is_slow: bool, is_standby: bool
) -> Iterator[Look]:
    """Looks at what concerns every prescription; ``is_slow`` when something waits for older transactions."""
    yield Look("server", Verdict.STOP if is_standby else Verdict.FINE, "a standby" if is_standby else "a primary")
    other = clinic_at_work(connection)
    yield Look("other clinics", Verdict.STOP if other else Verdict.FINE, f"at work: {other}" if other else "none")
    old = old_transactions(connection, seconds=_OLD_SECONDS) if is_slow else []
    if old:
        rest = f", and {len(old) - 1} more" if len(old) > 1 else ""
        words = f"index builds will wait for {old[0]}{rest}"
        yield Look("oldest transaction", Verdict.MIND, words)
    else:
        yield Look("oldest transaction", Verdict.FINE, f"none is open for longer than {_OLD_SECONDS} s")
    if not is_standby:
        yield _look_at_replicas(connection)
    if window is not None:
        moment = look_at_clock(connection, window)
        hours = f"{window} {moment.zone}, and it is {moment.clock} there"
        yield Look("hours", Verdict.FINE if moment.seconds_left else Verdict.STOP, hours)


def looks_at_item(
    connection: psycopg.Connection, prescription: Prescription, seen: SeenTable | None, window_left: float | None
) -> Iterator[Look]:
    """Looks at the table and the size of one prescription; ``window_left`` in seconds, None without a window."""
    if prescription.table.kind == "table":
        table = RelationName(prescription.table.schema, prescription.table.name)
        yield _look_at_queue(connection, table)
        if seen is not None:
            yield from _look_at_changes(connection, seen)
    if prescription.size_bytes > 0:
        yield _look_at_disk(connection, prescription.size_bytes)
    if window_left and prescription.build_seconds is not None:
        takes = f"about {prescription.build_seconds:,.0f} s (estimated)"
        fits = prescription.build_seconds <= window_left
        words = f"{takes}, and the hours end in {window_left:,.0f} s"
        yield Look("time", Verdict.FINE if fits else Verdict.STOP, words)


def _look_at_replicas(connection: psycopg.Connection) -> Look:
    (count,) = connection.execute(_REPLICAS).fetchone() or (0,)
    behind = furthest_behind(connection)
    if not count:
        return Look("replicas", Verdict.FINE, "none")
    if behind is None:
        return Look("replicas", Verdict.UNSEEN, f"{count}, and how far they are behind is not shown to your role")
    words = f"{count}, {behind.name} furthest behind with {behind.seconds:.1f} s"
    return Look("replicas", Verdict.MIND if behind.seconds > _LAG_SECONDS else Verdict.FINE, words)


def _look_at_queue(connection: psycopg.Connection, table: RelationName) -> Look:
    rows = connection.execute(_QUEUE, [table.schema, table.name, _HINDERING]).fetchall()
    if not rows:
        return Look("lock queue", Verdict.FINE, "empty")
    waiting = sum(not row[0] for row in rows)
    held = [row for row in rows if row[0]]
    parts = [f"{waiting} waiting"] if waiting else []
    if held:
        _, mode, pid, application, state, seconds = held[0]
        who = f"pid {pid}" + (f" ({application})" if application else "")
        parts.append(f"{who}, {state or 'state unknown'}, holds {mode} for {seconds} s")
    return Look("lock queue", Verdict.MIND, "; ".join(parts))


def _look_at_changes(connection: psycopg.Connection, seen: SeenTable) -> Iterator[Look]:
    row = connection.execute(_TABLE, [seen.name.schema, seen.name.name]).fetchone()
    if row is None:
        return
    rows, columns, indexes = row
    parts = []
    if gone := sorted(set(seen.columns) - set(columns)):
        parts.append(f"column {gone[0]} is gone or changed")
    if new := sorted(set(columns) - set(seen.columns)):
        parts.append(f"column {new[0]} is new or changed")
    if new := sorted(set(indexes) - set(seen.indexes)):
        parts.append(f"index {new[0]} is new")
    yield Look("schema", Verdict.MIND if parts else Verdict.FINE, "; ".join(parts) or "as it was prescribed for")
    before, now = max(seen.rows, 1.0), max(float(rows), 1.0)
    if max(before / now, now / before) >= _MOVED:
        yield Look("statistics", Verdict.MIND, f"{now:,.0f} rows, and it was prescribed for {before:,.0f}")
    else:
        yield Look("statistics", Verdict.FINE, f"about {now:,.0f} rows, as it was prescribed for")


def _look_at_disk(connection: psycopg.Connection, size_bytes: int) -> Look:
    """Free space, where it can be seen: the server is on this machine and its files are readable."""
    needed = f"up to {megabytes(size_bytes * _SORT_SPACE)} needed (estimated)"
    directory = data_directory(connection)
    if directory is None:
        return Look("disk", Verdict.UNSEEN, f"{needed}; what is free cannot be seen from here")
    free = shutil.disk_usage(directory).free
    words = f"{needed}, {megabytes(free)} free"
    return Look("disk", Verdict.FINE if free > size_bytes * _SORT_SPACE else Verdict.STOP, words)


def data_directory(connection: psycopg.Connection) -> Path | None:
    """Where the server's files are, when that is on this machine and they may be seen."""
    if not connection.info.host.startswith("/"):
        return None
    try:
        row = connection.execute("show data_directory").fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return None
    directory = Path(row[0]) if row else Path()
    return directory if os.access(directory / "PG_VERSION", os.R_OK) else None


def megabytes(size: int) -> str:
    """A size in whole megabytes, at least one."""
    return f"{max(size >> 20, 1):,} MB"
