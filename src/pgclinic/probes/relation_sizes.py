"""How large are the files of tables and materialized views, their TOAST and their indexes?"""

from pgclinic.model.catalog import Relation
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_RELATION

RECORD = Relation
SUPPLEMENTS = True


def query(capabilities: Capabilities) -> Query:
    """One row a relation with a file, in bytes: main forks, and the heap's free space and visibility maps in the total.

    The size functions ask the file system once a fork: of indexes, TOAST tables and theirs only the main one, which
    holds nearly everything.
    """
    return Query(
        f"""
        with {USER_RELATION}
        select c.oid, sizes.heap_bytes, sizes.toast_bytes, sizes.index_bytes,
               sizes.heap_bytes + sizes.toast_bytes + sizes.index_bytes + pg_catalog.pg_relation_size(c.oid, 'fsm')
                   + pg_catalog.pg_relation_size(c.oid, 'vm') as total_bytes
        from user_relation c
        cross join lateral (
            select pg_catalog.pg_relation_size(c.oid) as heap_bytes,
                   case when c.reltoastrelid = 0 then 0
                        else pg_catalog.pg_relation_size(c.reltoastrelid) + {_indexes("c.reltoastrelid")}
                   end as toast_bytes,
                   {_indexes("c.oid")} as index_bytes
            offset 0) sizes
        where c.relkind in ('r', 'm') and c.oid <> all ($1::pg_catalog.oid[])
        order by c.oid
        """,
        (capabilities.locked_array,),
    )


def _indexes(table: str) -> str:
    return f"""(
                       select coalesce(pg_catalog.sum(pg_catalog.pg_relation_size(i.indexrelid)), 0)::int8
                       from pg_catalog.pg_index i where i.indrelid = {table})"""
