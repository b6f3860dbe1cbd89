"""Which types has the user made: enums, domains, composites, ranges, base types?"""

from pgclinic.model.catalog import UserType
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_SCHEMA, is_free

RECORD = UserType


def query(capabilities: Capabilities) -> Query:  # noqa: ARG001 - a probe's signature
    """One row a type. Array and row types come with what they belong to, multiranges with their range."""
    return Query(f"""
        select t.oid, n.nspname as schema, t.typname as name, t.typtype::text as kind,
               (select pg_catalog.array_agg(e.enumlabel::text order by e.enumsortorder)
                from pg_catalog.pg_enum e where e.enumtypid = t.oid) as labels,
               case t.typtype
                   when 'd' then pg_catalog.format_type(t.typbasetype, t.typtypmod)
                   when 'r' then (select pg_catalog.format_type(r.rngsubtype, null)
                                  from pg_catalog.pg_range r where r.rngtypid = t.oid)
               end as base_type,
               t.typnotnull as not_null, t.typdefault as default,
               (select pg_catalog.array_agg(pg_catalog.pg_get_constraintdef(k.oid) order by k.conname)
                from pg_catalog.pg_constraint k where k.contypid = t.oid and k.contype = 'c') as checks,
               (select pg_catalog.array_agg(pg_catalog.concat(pg_catalog.quote_ident(a.attname), ' ',
                           pg_catalog.format_type(a.atttypid, a.atttypmod)) order by a.attnum)
                from pg_catalog.pg_attribute a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as fields
        from pg_catalog.pg_type t
        join pg_catalog.pg_namespace n on n.oid = t.typnamespace
        left join pg_catalog.pg_class c on c.oid = t.typrelid
        where {USER_SCHEMA} and {is_free("pg_type", "t.oid")}
          and t.typtype in ('b', 'c', 'd', 'e', 'r') and t.typisdefined
          and (t.typrelid = 0 or c.relkind = 'c')
          and not exists (select from pg_catalog.pg_type element where element.typarray = t.oid)
        order by t.oid
    """)
