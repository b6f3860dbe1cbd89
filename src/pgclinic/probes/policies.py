"""Which row-level security policies are there?"""

from pgclinic.model.catalog import Policy
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_RELATION, unless_locked

RECORD = Policy


def query(capabilities: Capabilities) -> Query:
    """One row a policy. A role of oid 0 is PUBLIC."""
    using = unless_locked("p.polrelid", "pg_catalog.pg_get_expr(p.polqual, p.polrelid)")
    with_check = unless_locked("p.polrelid", "pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)")
    return Query(
        f"""
        with {USER_RELATION}
        select p.polrelid as relation, p.polname as name,
               case p.polcmd when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE'
                             when 'd' then 'DELETE' else 'ALL' end as command,
               p.polpermissive as is_permissive,
               (select pg_catalog.array_agg(coalesce(r.rolname::text, 'public') order by r.rolname)
                from pg_catalog.unnest(p.polroles) member (oid)
                left join pg_catalog.pg_roles r on r.oid = member.oid) as roles,
               {using} as using, {with_check} as with_check
        from pg_catalog.pg_policy p
        join user_relation c on c.oid = p.polrelid
        order by p.polrelid, p.polname
        """,
        (capabilities.locked_array,),
    )
