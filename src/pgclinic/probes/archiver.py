"""Is WAL archived, and did the last attempt succeed? The command is a secret and not read."""

from pgclinic.model.background import Archiver
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import moment

RECORD = Archiver


def query(capabilities: Capabilities) -> Query:  # noqa: ARG001 - a probe's signature
    """One row."""
    return Query(f"""
        select a.archived_count as archived, {moment("a.last_archived_time")} as last_archived_at,
               a.failed_count as failed, {moment("a.last_failed_time")} as last_failed_at,
               {moment("a.stats_reset")} as stats_reset
        from pg_catalog.pg_stat_archiver a
        order by 1
    """)
