"""Which tables had columns dropped, whose values still take room in older rows?"""

from pgclinic.model.catalog import Relation
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_RELATION

RECORD = Relation
SUPPLEMENTS = True


def query(capabilities: Capabilities) -> Query:  # noqa: ARG001 - a probe's signature
    """One row a table that has any."""
    return Query(f"""
        with {USER_RELATION}
        select c.oid, pg_catalog.count(*) as dropped_columns
        from user_relation c
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and a.attisdropped
        group by c.oid
        order by c.oid
    """)
