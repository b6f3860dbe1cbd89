"""Is WAL archived, and did the last attempt succeed? The command is a secret and not read."""

from pgclinic.model.background import Archiver
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import moment

RECORD = Archiver


_SEGMENT = "pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size'))"
_BEHIND = f"""
    case when pg_catalog.current_setting('archive_mode') <> 'off' and a.last_archived_wal ~ '^[0-9A-F]{{24}}$'
         then greatest(
             pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), '0/0')::bigint / {_SEGMENT} * {_SEGMENT}
             - ('x' || pg_catalog.substr(a.last_archived_wal, 9, 8))::bit(32)::bigint * 4294967296
             - (('x' || pg_catalog.substr(a.last_archived_wal, 17, 8))::bit(32)::bigint + 1) * {_SEGMENT}, 0) end"""
"""From the end of the segment archived last to the beginning of the one that is written: a segment's name is its
timeline, and its number in two parts of 4 GiB (``XLogFileName`` in xlog_internal.h)."""


def query(capabilities: Capabilities) -> Query:
    """One row."""
    behind = "null" if capabilities.in_recovery else _BEHIND
    return Query(f"""
        select a.archived_count as archived, {moment("a.last_archived_time")} as last_archived_at,
               a.failed_count as failed, {moment("a.last_failed_time")} as last_failed_at,
               {behind}::bigint as behind_bytes, {moment("a.stats_reset")} as stats_reset
        from pg_catalog.pg_stat_archiver a
        order by 1
    """)
