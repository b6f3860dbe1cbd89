"""How many clients are connected to the server, and how did this database's use their connections?"""

from pgclinic.model.activity import ConnectionCounts
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query

RECORD = ConnectionCounts

_TIMES = {
    "begun": "sessions",
    "open_ms": "session_time",
    "busy_ms": "active_time",
    "idle_in_transaction_ms": "idle_in_transaction_time",
}


def query(capabilities: Capabilities) -> Query:
    """One row. Everybody may count sessions; their kind and state are hidden from some, then all clients count."""
    times = "".join(f", {capabilities.column('pg_stat_database', column)} as {name}" for name, column in _TIMES.items())
    return Query(f"""
        select sessions.*{times}
        from (select pg_catalog.count(*) as clients,
                     case when pg_catalog.count(s.backend_type) = pg_catalog.count(*)
                          then pg_catalog.count(*) filter (where s.state = 'idle') end as idle
              from pg_catalog.pg_stat_activity s
              where s.datid is not null and s.usesysid is not null and s.pid <> pg_catalog.pg_backend_pid()
                and coalesce(s.backend_type, 'client backend') = 'client backend') sessions,
             pg_catalog.pg_stat_database d
        where d.datname = pg_catalog.current_database()
        order by 1
    """)
