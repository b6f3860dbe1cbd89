"""How much WAL did the server write?"""

from pgclinic.model.background import WalCounters
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import moment

RECORD = WalCounters


def query(capabilities: Capabilities) -> Query | None:
    """One row; servers before 14 did not count."""
    if not capabilities.has("pg_stat_wal", "wal_bytes"):
        return None
    return Query(f"""
        select w.wal_records as records, w.wal_fpi as full_pages, w.wal_bytes::bigint as bytes,
               w.wal_buffers_full as buffers_full, {moment("w.stats_reset")} as stats_reset
        from pg_catalog.pg_stat_wal w
        order by 1
    """)
