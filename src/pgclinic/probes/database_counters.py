"""What has this database done since its counters were reset, and how close is wraparound?"""

from pgclinic.model.counters import DatabaseCounters
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import moment

RECORD = DatabaseCounters

_COUNTS = [
    "blks_hit",
    "blks_read",
    "xact_commit",
    "xact_rollback",
    "tup_returned",
    "tup_fetched",
    "tup_inserted",
    "tup_updated",
    "tup_deleted",
    "temp_files",
    "temp_bytes",
    "deadlocks",
    "conflicts",
    "checksum_failures",
]


def query(capabilities: Capabilities) -> Query:  # noqa: ARG001 - a probe's signature
    """One row; see also ``database_size`` and ``statement_history``."""
    counts = ", ".join(f"s.{name}" for name in _COUNTS)
    return Query(f"""
        select {counts}, s.numbackends as backends, {moment("s.stats_reset")} as stats_reset,
               pg_catalog.age(d.datfrozenxid) as frozen_xid_age
        from pg_catalog.pg_database d
        left join pg_catalog.pg_stat_database s on s.datid = d.oid
        where d.datname = pg_catalog.current_database()
        order by d.oid
    """)
