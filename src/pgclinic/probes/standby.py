"""Where this server is a standby: how far has it replayed, and what did replay cancel? Nothing about its connection."""

from pgclinic.model.replication import Standby
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import moment

RECORD = Standby

_REASONS = ("tablespace", "lock", "snapshot", "bufferpin", "deadlock", "active_logicalslot")


def query(capabilities: Capabilities) -> Query | None:
    """One row on a standby; nothing to ask of a primary."""
    if not capabilities.in_recovery:
        return None
    reasons = ", ".join(
        f"'{reason}', c.confl_{reason}"
        for reason in _REASONS
        if capabilities.has("pg_stat_database_conflicts", f"confl_{reason}")
    )
    return Query(f"""
        select pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_last_wal_receive_lsn(),
                                          pg_catalog.pg_last_wal_replay_lsn())::bigint as replay_behind,
               {moment("pg_catalog.pg_last_xact_replay_timestamp()")} as replayed_at,
               pg_catalog.pg_is_wal_replay_paused() as is_paused,
               (select w.status from pg_catalog.pg_stat_wal_receiver w) as receiver,
               (select pg_catalog.jsonb_build_object({reasons})
                from pg_catalog.pg_stat_database_conflicts c
                where c.datname = pg_catalog.current_database()) as conflicts
        order by 1
    """)
