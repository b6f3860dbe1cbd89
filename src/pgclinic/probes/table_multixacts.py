"""How old are the oldest multixact ids of the tables?"""

from pgclinic.model.catalog import Relation
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_RELATION

RECORD = Relation
SUPPLEMENTS = True


def query(capabilities: Capabilities) -> Query:  # noqa: ARG001 - a probe's signature
    """One row a relation with rows of its own."""
    return Query(f"""
        with {USER_RELATION}
        select c.oid, pg_catalog.mxid_age(c.relminmxid) as multixact_age
        from user_relation c
        where c.relminmxid <> '0'::pg_catalog.xid
        order by c.oid
    """)
