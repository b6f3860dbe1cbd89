"""Which schemas does the user have, and who may look into them?"""

from pgclinic.model.catalog import Schema
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_SCHEMA, grants, is_platform

RECORD = Schema


def query(capabilities: Capabilities) -> Query:
    """One row a schema. Those that an extension made are kept: the user's objects may stand in them."""
    return Query(f"""
        select n.nspname as name, r.rolname as owner, {grants("n.nspacl")} as grants,
               {is_platform("n.nspname", capabilities)} as is_platform
        from pg_catalog.pg_namespace n
        join pg_catalog.pg_roles r on r.oid = n.nspowner
        where {USER_SCHEMA}
        order by n.nspname
    """)
