"""What have the statements counted, without their texts?

Watching asks this every few seconds: the server keeps the counters in memory, the texts in a file that it reads as a
whole. Texts are asked for once a statement, by ``postgres.watching``.
"""

from pgclinic.model.counters import StatementCounters
from pgclinic.model.finding import BlindSpot
from pgclinic.probes import response_times
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import moment
from pgclinic.probes.statements import EXTENSION
from pgclinic.sql import quote

RECORD = StatementCounters
WATCHING = True

_COUNTS = ("calls", "rows", "shared_blks_hit", "shared_blks_read", "temp_blks_written")
_TIMES = {
    "total_ms": ("total_exec_time", "total_time"),
    "mean_ms": ("mean_exec_time", "mean_time"),
    "stddev_ms": ("stddev_exec_time", "stddev_time"),
}


def query(capabilities: Capabilities) -> Query | BlindSpot:
    """One row a statement and role, and window where pg_stat_monitor counts alone.

    What runs inside functions is in its caller's time and left out.
    """
    extension = capabilities.extensions.get(EXTENSION)
    if extension is None or not capabilities.counts_statements:
        if response_times.is_at_work(capabilities):
            return _of_windows(capabilities)
        return BlindSpot(subject="statement_counts", reason="The server does not count statements in this database.")
    times = [f"s.{capabilities.column(EXTENSION, *names)} as {field}" for field, names in _TIMES.items()]
    wal = ["s.wal_bytes::bigint as wal_bytes"] if capabilities.has(EXTENSION, "wal_bytes") else []
    since = [f"{moment('s.stats_since')} as since"] if capabilities.has(EXTENSION, "stats_since") else []
    own = "and s.toplevel" if capabilities.has(EXTENSION, "toplevel") else ""
    columns = ", ".join([*(f"s.{name}" for name in _COUNTS), *times, *wal, *since])
    return Query(f"""
        select s.queryid::text as queryid, coalesce(r.rolname::text, '') as role, '' as text, {columns}
        from {quote.identifier(extension.schema)}.pg_stat_statements(false) s
        left join pg_catalog.pg_roles r on r.oid = s.userid
        where s.dbid = (select d.oid from pg_catalog.pg_database d
                        where d.datname = pg_catalog.current_database())
          and s.queryid is not null and s.calls > 0 {own}
        order by s.queryid, s.userid
    """)


def _of_windows(capabilities: Capabilities) -> Query:
    """The same of pg_stat_monitor, where it stands in for pg_stat_statements: an entry begins with its window."""
    counts = ", ".join(f"pg_catalog.sum(s.{name})::bigint as {name}" for name in _COUNTS)
    return Query(f"""
        select t.*, pg_catalog.sqrt(greatest(t.squares / t.calls - t.mean_ms * t.mean_ms, 0)) as stddev_ms
        from (
            select s.queryid::text as queryid, coalesce(r.rolname::text, '') as role, '' as text, {counts},
                   pg_catalog.sum(s.wal_bytes)::bigint as wal_bytes, {moment("s.bucket_start_time")} as since,
                   pg_catalog.sum(s.total_exec_time) as total_ms,
                   pg_catalog.sum(s.total_exec_time) / pg_catalog.sum(s.calls) as mean_ms,
                   pg_catalog.sum(s.calls * (s.stddev_exec_time ^ 2 + s.mean_exec_time ^ 2)) as squares
            from {response_times.recent(quote.identifier(capabilities.extensions[response_times.EXTENSION].schema))} s
            left join pg_catalog.pg_roles r on r.oid = s.userid
            group by s.queryid, r.rolname, s.bucket_start_time
        ) t
        order by t.queryid, t.role, t.since
    """)
