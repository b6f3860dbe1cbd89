"""Which replication slots are there, and how much WAL and how many old row versions do they keep?"""

from pgclinic.model.replication import ReplicationSlot
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import moment

RECORD = ReplicationSlot

NEWEST = "pg_catalog.pg_current_wal_lsn()"
RECEIVED = "coalesce(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())"
"""On a standby, where nothing is written."""


def query(capabilities: Capabilities) -> Query:
    """One row a slot of the whole server."""
    newest = RECEIVED if capabilities.in_recovery else NEWEST
    inactive = capabilities.column("pg_replication_slots", "inactive_since", default="null::timestamptz")
    return Query(f"""
        select s.slot_name::text as name, s.slot_type as kind, s.database::text as database, s.active as is_active,
               s.temporary as is_temporary,
               pg_catalog.pg_wal_lsn_diff({newest}, s.restart_lsn)::bigint as kept_bytes, s.wal_status,
               pg_catalog.age(s.xmin) as xmin_age, pg_catalog.age(s.catalog_xmin) as catalog_xmin_age,
               {moment(inactive)} as inactive_at,
               {capabilities.column("pg_replication_slots", "synced", default="false")} as is_synced
        from pg_catalog.pg_replication_slots s
        order by s.slot_name
    """)
