"""What have the statements counted, without their texts?

Watching asks this every few seconds: the server keeps the counters in memory, the texts in a file that it reads as a
whole. Texts are asked for once a statement, by ``postgres.watching``.
"""

from pgclinic.model.counters import StatementCounters
from pgclinic.model.finding import BlindSpot
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
    """One row a statement and role; what runs inside functions is in its caller's time and left out."""
    extension = capabilities.extensions.get(EXTENSION)
    if extension is None or not capabilities.counts_statements:
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
