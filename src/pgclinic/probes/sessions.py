"""Who is at work on this server, since when, and who waits for whom? Never what they ask: no statement's text."""

from collections.abc import Iterable, Iterator

from pgclinic.model.activity import Session
from pgclinic.model.evidence import Fact
from pgclinic.model.finding import BlindSpot
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import moment
from pgclinic.sql import quote

RECORD = Session

_MOMENTS = {
    "began_at": "backend_start",
    "transaction_at": "xact_start",
    "statement_at": "query_start",
    "state_at": "state_change",
}


def query(capabilities: Capabilities) -> Query:  # noqa: ARG001 - a probe's signature
    """One row a client of any database, and one a server process with a snapshot of its own.

    pg_blocking_pids takes the lock manager's locks for a moment, so it is asked only for those that wait for a lock.
    """
    moments = ", ".join(f"{moment(f's.{column}')} as {name}" for name, column in _MOMENTS.items())
    return Query(f"""
        with waiting as (
            select l.pid, pg_catalog.min(l.relation) as relation
            from pg_catalog.pg_locks l
            where not l.granted and l.database = (select d.oid from pg_catalog.pg_database d
                                                  where d.datname = pg_catalog.current_database())
            group by l.pid)
        select s.pid, s.usename::text as role, s.datname::text as database, s.application_name as application,
               s.backend_type as kind, s.state, {moments},
               s.wait_event_type as wait_type, s.wait_event,
               case when s.wait_event_type = 'Lock' then w.relation end as waits_for,
               case when s.wait_event_type = 'Lock' then pg_catalog.pg_blocking_pids(s.pid) end as blocked_by,
               pg_catalog.age(s.backend_xid) as xid_age, pg_catalog.age(s.backend_xmin) as xmin_age,
               exists (select from pg_catalog.pg_stat_progress_vacuum v where v.pid = s.pid) as is_vacuuming,
               s.backend_type is null as is_hidden
        from pg_catalog.pg_stat_activity s
        left join waiting w on w.pid = s.pid
        where s.pid <> pg_catalog.pg_backend_pid()
          and (s.backend_type = 'client backend'
               or s.backend_type is null and s.usesysid is not null and s.datid is not null
               or s.backend_xmin is not null or s.backend_xid is not null)
        order by s.pid
    """)


def examined(rows: Iterable[Session], capabilities: Capabilities) -> Iterator[Session | BlindSpot]:
    """The sessions; what those of other roles are doing is hidden from who lacks pg_read_all_stats."""
    hidden = 0
    for row in rows:
        hidden += row.is_hidden
        yield row
    if hidden:
        yield BlindSpot(
            subject="sessions",
            reason="The server hides what {sessions} sessions of other roles are doing.",
            facts=(Fact("sessions", hidden),),
            grant=f"grant pg_monitor to {quote.identifier(capabilities.visitor)}",
        )
