"""How large are the files of indexes?"""

from pgclinic.model.catalog import Index
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_RELATION

RECORD = Index
SUPPLEMENTS = True


def query(capabilities: Capabilities) -> Query:
    """One row an index with a file: bytes of its main fork."""
    return Query(
        f"""
        with {USER_RELATION}
        select x.oid, pg_catalog.pg_relation_size(x.oid) as bytes
        from pg_catalog.pg_index i
        join user_relation t on t.oid = i.indrelid
        join pg_catalog.pg_class x on x.oid = i.indexrelid and x.relkind = 'i'
        where i.indislive and x.oid <> all ($1::pg_catalog.oid[])
        order by x.oid
        """,
        (capabilities.locked_array,),
    )
