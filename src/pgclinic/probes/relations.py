"""Which tables and views does the user have, and what does the planner know of their size?

Sizes of files and definitions of views are asked for apart (``relation_sizes``, ``view_definitions``).
"""

from pgclinic.model.catalog import Relation
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_RELATION, grants, unless_locked

RECORD = Relation


def query(capabilities: Capabilities) -> Query:
    """One row a relation, in order of oids: a parent usually comes before its children."""
    key = unless_locked("c.oid", "pg_catalog.pg_get_partkeydef(c.oid)")
    bound = unless_locked("c.oid", "pg_catalog.pg_get_expr(c.relpartbound, c.oid)")
    return Query(
        f"""
        with {USER_RELATION}
        select c.oid, c.nspname as schema, c.relname as name, c.relkind::text as kind, r.rolname as owner,
               c.relpersistence::text as persistence, c.relpages as pages, c.reltuples as tuples,
               c.relallvisible as all_visible_pages, c.reloptions as options, am.amname as access_method,
               c.relrowsecurity as row_security, c.relforcerowsecurity as force_row_security,
               c.relispartition as is_partition, c.relispopulated as is_populated,
               (select pg_catalog.array_agg(i.inhparent order by i.inhseqno)
                from pg_catalog.pg_inherits i where i.inhrelid = c.oid) as parents,
               {key} as partition_key,
               {bound} as partition_bound,
               case when c.relfrozenxid <> '0'::pg_catalog.xid then pg_catalog.age(c.relfrozenxid) end
                   as frozen_xid_age,
               {grants("c.relacl")} as grants
        from user_relation c
        join pg_catalog.pg_roles r on r.oid = c.relowner
        left join pg_catalog.pg_am am on am.oid = c.relam
        order by c.oid
        """,
        (capabilities.locked_array,),
    )
