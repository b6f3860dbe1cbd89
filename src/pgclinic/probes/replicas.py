"""Who receives this server's WAL, and how far behind are they?"""

from collections.abc import Iterable, Iterator

from pgclinic.model.evidence import Fact
from pgclinic.model.finding import BlindSpot
from pgclinic.model.replication import Replica
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.replication_slots import NEWEST, RECEIVED
from pgclinic.probes.scope import moment
from pgclinic.sql import quote

RECORD = Replica


def query(capabilities: Capabilities) -> Query:
    """One row a receiver; a standby may have receivers of its own."""
    newest = RECEIVED if capabilities.in_recovery else NEWEST
    return Query(f"""
        select r.pid, r.application_name as application, r.usename::text as role, r.state, r.sync_state,
               pg_catalog.pg_wal_lsn_diff({newest}, r.sent_lsn)::bigint as sent_behind,
               pg_catalog.pg_wal_lsn_diff({newest}, r.replay_lsn)::bigint as replay_behind,
               extract(epoch from r.replay_lag)::float8 as replay_lag_s,
               pg_catalog.age(r.backend_xmin) as xmin_age,
               (select pg_catalog.min(s.slot_name::text) from pg_catalog.pg_replication_slots s
                where s.active_pid = r.pid) as slot,
               r.state is null as is_hidden, {moment("r.backend_start")} as connected_at
        from pg_catalog.pg_stat_replication r
        order by r.application_name, r.pid
    """)


def examined(rows: Iterable[Replica], capabilities: Capabilities) -> Iterator[Replica | BlindSpot]:
    """The receivers; from who lacks pg_read_all_stats their progress is hidden."""
    hidden = 0
    for row in rows:
        hidden += row.is_hidden
        yield row
    if hidden:
        yield BlindSpot(
            subject="replicas",
            reason="The server hides how far its {replicas} replicas are.",
            facts=(Fact("replicas", hidden),),
            grant=f"grant pg_monitor to {quote.identifier(capabilities.visitor)}",
        )
