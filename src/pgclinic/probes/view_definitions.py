"""What do the views and materialized views ask?"""

from pgclinic.model.catalog import Relation
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_RELATION

RECORD = Relation
SUPPLEMENTS = True


def query(capabilities: Capabilities) -> Query:
    """One row a view. Deparsing takes locks on all that the view reads, so those under a lock are left out."""
    return Query(
        f"""
        with {USER_RELATION}
        select c.oid, pg_catalog.pg_get_viewdef(c.oid) as definition
        from user_relation c
        where c.relkind in ('v', 'm') and c.oid <> all ($1::pg_catalog.oid[])
        order by c.oid
        """,
        (capabilities.locked_array,),
    )
