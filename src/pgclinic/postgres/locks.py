"""Who holds what: the lock that keeps two clinics apart, and whom a statement waits for."""

import time

import msgspec
import psycopg

from pgclinic.model.errors import UserError

CLINIC_LOCK = int.from_bytes(b"pgclinic", "big")
"""The key of the advisory lock, in each database."""

_POLL_SECONDS = 0.2

_HOLDER = """
select activity.pid, activity.application_name, activity.usename, activity.backend_start::pg_catalog.text
from pg_catalog.pg_locks as locks
join pg_catalog.pg_stat_activity as activity on activity.pid = locks.pid
where locks.locktype = 'advisory'
  and locks.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
  and (locks.classid::pg_catalog.int8 << 32) + locks.objid::pg_catalog.int8 = %s
  and locks.objsubid = 1
  and locks.granted
order by activity.pid
"""

_SIGHT = """
select
  progress.phase,
  progress.blocks_done,
  progress.blocks_total,
  coalesce(
    (select locks.locktype from pg_catalog.pg_locks as locks
     where locks.pid = activity.pid and not locks.granted order by 1 limit 1),
    ''
  ),
  pg_catalog.pg_blocking_pids(activity.pid)
from pg_catalog.pg_stat_activity as activity
left join pg_catalog.pg_stat_progress_create_index as progress on progress.pid = activity.pid
where activity.pid = %s
order by activity.pid
"""

_SESSIONS = """
select pid, application_name, usename, state,
       coalesce(extract(epoch from pg_catalog.clock_timestamp() - xact_start), 0)::pg_catalog.int8
from pg_catalog.pg_stat_activity
where pid = any(%s)
order by xact_start nulls last, pid
"""

_OLD_TRANSACTIONS = """
select pid, application_name, usename, state,
       extract(epoch from pg_catalog.clock_timestamp() - xact_start)::pg_catalog.int8
from pg_catalog.pg_stat_activity
where datname = pg_catalog.current_database()
  and pid <> pg_catalog.pg_backend_pid()
  and xact_start < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => %s)
order by xact_start, pid
"""

_PREPARED = """
select gid from pg_catalog.pg_prepared_xacts
where database = pg_catalog.current_database()
order by prepared, gid
"""


class Sight(msgspec.Struct, frozen=True):
    """What a session is doing: the phase of an index build, and the kind of lock that it waits for, if any."""

    phase: str
    blocks_done: int
    blocks_total: int
    waits_for: str
    blocking_pids: tuple[int, ...]


def take_clinic_lock(connection: psycopg.Connection, *, seconds: float = 3) -> None:
    """Hold the clinic's lock on this database for as long as the connection lives.

    Polled, never waited for: a session that waits holds a snapshot, for which a concurrent index build waits in
    turn. The connection must stay outside transactions. Raises UserError naming the other clinic.
    """
    deadline = time.monotonic() + seconds
    while True:
        row = connection.execute("select pg_catalog.pg_try_advisory_lock(%s)", [CLINIC_LOCK]).fetchone()
        if row is not None and row[0]:
            return
        if time.monotonic() > deadline:
            holder = connection.execute(_HOLDER, [CLINIC_LOCK]).fetchone()
            raise UserError(f"Another treatment is under way in this database ({_clinic(holder)}); let it finish.")
        time.sleep(_POLL_SECONDS)


def clinic_at_work(connection: psycopg.Connection) -> str:
    """Which clinic holds the lock on this database, in words; empty when none does."""
    holder = connection.execute(_HOLDER, [CLINIC_LOCK]).fetchone()
    return "" if holder is None else _clinic(holder)


def sight_of(observer: psycopg.Connection, pid: int) -> Sight | None:
    """What the session of this pid is doing right now; None when it is gone."""
    row = observer.execute(_SIGHT, [pid]).fetchone()
    if row is None:
        return None
    phase, done, total, waits_for, blocking = row
    return Sight(phase or "", done or 0, total or 0, waits_for, tuple(blocking))


def sessions_in_words(observer: psycopg.Connection, pids: tuple[int, ...]) -> str:
    """Who these sessions are and since when their transactions are open; pid 0 is a prepared transaction."""
    words = [_session(row) for row in observer.execute(_SESSIONS, [list(pids)]).fetchall()]
    if 0 in pids:
        words += prepared_transactions(observer)
    return ", ".join(words) or "a session that has ended"


def old_transactions(observer: psycopg.Connection, *, seconds: float) -> list[str]:
    """Who has kept a transaction open in this database for longer than that, oldest first, in words."""
    rows = observer.execute(_OLD_TRANSACTIONS, [seconds]).fetchall()
    return [_session(row) for row in rows] + prepared_transactions(observer)


def prepared_transactions(observer: psycopg.Connection) -> list[str]:
    """The prepared transactions of this database in words: they stay open until somebody ends them."""
    return [f"the prepared transaction {gid!r}" for (gid,) in observer.execute(_PREPARED).fetchall()]


def _session(row: tuple[int, str | None, str | None, str | None, int]) -> str:
    pid, application, role, state, seconds = row
    who = " ".join(filter(None, [f"pid {pid}", application and f"({application})", role and f"of {role}"]))
    return f"{who}, {state or 'state unknown'}, transaction open for {seconds} s"


def _clinic(row: tuple[int, str | None, str | None, str | None] | None) -> str:
    if row is None:
        return "its session has just ended"
    pid, application, role, since = row
    return f"pid {pid}, application {application or 'unknown'}, role {role or 'unknown'}, since {since or 'unknown'}"
