"""Which triggers has the user put on tables and views?"""

from pgclinic.model.catalog import Trigger
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_RELATION, unless_locked

RECORD = Trigger


def query(capabilities: Capabilities) -> Query:
    """One row a trigger; those that enforce foreign keys are the server's own. ``sql`` is empty under a lock."""
    definition = unless_locked("t.tgrelid", "pg_catalog.pg_get_triggerdef(t.oid)")
    return Query(
        f"""
        with {USER_RELATION}
        select t.tgrelid as relation, t.tgname as name,
               pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(p.proname)) as function,
               coalesce({definition}, '') as sql, t.tgenabled::text as enabled
        from pg_catalog.pg_trigger t
        join user_relation c on c.oid = t.tgrelid
        join pg_catalog.pg_proc p on p.oid = t.tgfoid
        join pg_catalog.pg_namespace n on n.oid = p.pronamespace
        where not t.tgisinternal
        order by t.tgrelid, t.tgname
        """,
        (capabilities.locked_array,),
    )
