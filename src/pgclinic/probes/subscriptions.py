"""Which logical subscriptions does this database have, and did they fail? Never how they connect."""

from pgclinic.model.replication import Subscription
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import moment

RECORD = Subscription


def query(capabilities: Capabilities) -> Query:
    """One row each; servers before 15 do not count errors."""
    counts, counters = "", ""
    if capabilities.has("pg_stat_subscription_stats", "apply_error_count"):
        counts = (
            ", t.apply_error_count as apply_errors, t.sync_error_count as sync_errors, "
            f"{moment('t.stats_reset')} as stats_reset"
        )
        counters = "left join pg_catalog.pg_stat_subscription_stats t on t.subid = s.oid"
    return Query(f"""
        select s.subname::text as name, s.subenabled as is_enabled{counts}
        from pg_catalog.pg_subscription s
        {counters}
        where s.subdbid = (select d.oid from pg_catalog.pg_database d
                           where d.datname = pg_catalog.current_database())
        order by s.subname
    """)
