"""How are the user's TOAST tables vacuumed, and which columns are packed the slow way?"""

from pgclinic.model.toast import ToastTable
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_RELATION, moment

RECORD = ToastTable


def query(capabilities: Capabilities) -> Query:
    """One row a table that has a TOAST table. Since server 14 a column may choose how it is compressed."""
    columns = "null"
    if capabilities.has("pg_attribute", "attcompression"):
        columns = """(
            select pg_catalog.array_agg(a.attname::text order by a.attnum)
            from pg_catalog.pg_attribute a, packing
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attstorage in ('x', 'm')
              and coalesce(nullif(a.attcompression::text, ''), packing.method) = 'p')"""
    return Query(f"""
        with {USER_RELATION}, packing as materialized (
            select pg_catalog.left(s.reset_val, 1) as method
            from pg_catalog.pg_settings s
            where s.name = 'default_toast_compression' and 'lz4' = any (s.enumvals))
        select c.oid as relation, t.oid, s.n_live_tup as live_pieces, s.n_dead_tup as dead_pieces,
               case when t.relfrozenxid <> '0'::pg_catalog.xid then pg_catalog.age(t.relfrozenxid) end
                   as frozen_xid_age,
               {moment("s.last_vacuum")} as last_vacuum, {moment("s.last_autovacuum")} as last_autovacuum,
               {columns} as pglz_columns
        from user_relation c
        join pg_catalog.pg_class t on t.oid = c.reltoastrelid
        left join pg_catalog.pg_stat_all_tables s on s.relid = t.oid
        order by c.oid
    """)
