"""Which columns do the user's relations have?"""

from pgclinic.model.catalog import Column
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_RELATION, unless_locked

RECORD = Column


def query(capabilities: Capabilities) -> Query:
    """One row a live column. A statistics target of -1 meant "the default" before it became null."""
    default = unless_locked("a.attrelid", "pg_catalog.pg_get_expr(d.adbin, d.adrelid)")
    return Query(
        f"""
        with {USER_RELATION}
        select a.attrelid as relation, a.attnum as number, a.attname as name,
               pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.atttypid as type_oid,
               tn.nspname as type_schema, t.typtype::text as type_kind, a.attnotnull as not_null,
               a.atthasmissing as has_missing, {default} as default,
               a.attgenerated::text as generated, a.attidentity::text as identity,
               case when a.attcollation <> t.typcollation then
                   (select pg_catalog.concat(pg_catalog.quote_ident(cn.nspname), '.',
                                             pg_catalog.quote_ident(co.collname))
                    from pg_catalog.pg_collation co
                    join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace
                    where co.oid = a.attcollation) end as collation,
               nullif(a.attstattarget, -1) as statistics_target, a.attstorage::text as storage
        from user_relation c
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        join pg_catalog.pg_type t on t.oid = a.atttypid
        join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
        left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        order by a.attrelid, a.attnum
        """,
        (capabilities.locked_array,),
    )
