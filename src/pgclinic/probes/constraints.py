"""Which constraints do the tables carry?"""

from pgclinic.model.catalog import Constraint
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_RELATION

RECORD = Constraint


def query(capabilities: Capabilities) -> Query:
    """One row a primary key, unique, foreign key, check or exclusion constraint; NOT NULL is the column's.

    Under a lock, expressions cannot be deparsed and ``sql`` is empty.
    """
    return Query(
        f"""
        with {USER_RELATION}
        select k.oid, k.conrelid as relation, k.conname as name, k.contype::text as kind,
               coalesce(case when k.contype in ('p', 'u', 'f') or k.conrelid <> all ($1::pg_catalog.oid[])
                             then pg_catalog.pg_get_constraintdef(k.oid) end, '') as sql,
               {_names("k.conkey", "k.conrelid")} as columns,
               nullif(k.confrelid, 0::pg_catalog.oid) as references,
               {_names("k.confkey", "k.confrelid")} as referenced_columns,
               k.convalidated as is_validated, k.condeferrable as is_deferrable,
               case when k.contype in ('p', 'u', 'x') then nullif(k.conindid, 0::pg_catalog.oid) end as index,
               not k.conislocal as is_inherited
        from pg_catalog.pg_constraint k
        join user_relation c on c.oid = k.conrelid
        where k.contype in ('p', 'u', 'f', 'c', 'x')
        order by k.conrelid, k.oid
        """,
        (capabilities.locked_array,),
    )


def _names(keys: str, relation: str) -> str:
    return f"""(select pg_catalog.array_agg(a.attname::text order by key.position)
                from pg_catalog.unnest({keys}) with ordinality key (number, position)
                join pg_catalog.pg_attribute a on a.attrelid = {relation} and a.attnum = key.number)"""
