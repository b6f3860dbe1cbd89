"""How long other sessions wait because of ours."""

import time

import psycopg

_WAITS = """
select extract(epoch from pg_catalog.clock_timestamp() - {since})::pg_catalog.float8 * 1000
from pg_catalog.pg_locks as locks
join pg_catalog.pg_stat_activity as activity on activity.pid = locks.pid
where not locks.granted
  and %s = any(pg_catalog.pg_blocking_pids(locks.pid))
  and activity.application_name <> 'pgclinic'
  and activity.backend_type <> 'autovacuum worker'
  and locks.mode <> 'ShareUpdateExclusiveLock'
  and locks.locktype <> 'virtualxid'
order by 1 desc nulls last
limit 1
"""

_SINCE_14 = 140000


class Waits:
    """The longest wait of another session for locks that ours holds or queues for, in milliseconds.

    Looked at from time to time; what may have come after the last look is counted in, so that it is an upper bound.
    Before PostgreSQL 14 the beginning of the waiting statement stands for the beginning of its wait. Not
    counted: autovacuum, VACUUM and other index builds, behind which nobody queues who reads or writes.
    """

    def __init__(self) -> None:
        self.longest_ms = 0.0
        self._open: tuple[float, float] | None = None

    def seen(self, observer: psycopg.Connection, pid: int) -> float:
        """Look now: how long the one who has waited longest for this server process has been waiting."""
        has_start = observer.info.server_version >= _SINCE_14
        since = "coalesce(locks.waitstart, activity.query_start)" if has_start else "activity.query_start"
        row = observer.execute(_WAITS.format(since=since).encode(), [pid]).fetchone()
        if row is None:
            self.released()
            return 0.0
        waited = max(float(row[0] or 0), 0.0)
        self._open = (waited, time.monotonic())
        self.longest_ms = max(self.longest_ms, waited)
        return waited

    def released(self) -> None:
        """Whoever was seen waiting waits no longer than until now."""
        if self._open is not None:
            waited, at = self._open
            self.longest_ms = max(self.longest_ms, waited + 1000 * (time.monotonic() - at))
            self._open = None

    def taken(self) -> float:
        """The longest wait so far, which is then forgotten."""
        longest, self.longest_ms = self.longest_ms, 0.0
        return longest
