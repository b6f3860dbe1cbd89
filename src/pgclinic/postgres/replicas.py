"""How far the replicas of a server are behind."""

import msgspec
import psycopg

_FURTHEST = """
select
  coalesce(nullif(application_name, ''), client_addr::pg_catalog.text, 'a replica'),
  coalesce(extract(epoch from replay_lag), 0)::pg_catalog.float8,
  pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn)::pg_catalog.int8
from pg_catalog.pg_stat_replication
where replay_lsn is not null
order by replay_lag desc nulls last, replay_lsn, pid
limit 1
"""


class Behind(msgspec.Struct, frozen=True):
    """A replica, and for how long it has not applied what the primary wrote, and how much of it.

    A replica whose replay is paused reports no time any more, while the bytes grow.
    """

    name: str
    seconds: float
    bytes: int


def furthest_behind(connection: psycopg.Connection) -> Behind | None:
    """The replica that is furthest behind; None without one, or where the role may not see it (pg_monitor may)."""
    row = connection.execute(_FURTHEST).fetchone()
    return None if row is None else Behind(row[0], row[1], row[2])
