"""Which objects are the user's, and pieces of SQL that several probes share.

Everything here is SQL text for the catalogs, with nothing of the user's in it.
"""

import msgspec

from pgclinic.probes.capabilities import Capabilities
from pgclinic.sql import quote

MARKER = "/* pgclinic */"
"""Begins and ends every statement that pgclinic sends; see ``marked``."""

USER_SCHEMA = "n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'pgclinic')"
"""Of ``pg_namespace n``: not the system's (the prefix is reserved), not a session's temporary one, not our own."""


def marked(sql: str) -> str:
    """A statement of ours, by which logs, pg_stat_activity and pg_stat_statements can be read without it.

    pg_stat_statements of server 18 and newer drops what stands before a statement, but not what stands behind it.
    """
    return f"{MARKER} {sql} {MARKER}"


def is_free(catalog: str, oid: str) -> str:
    """A condition: the object belongs to no extension."""
    return (
        "not exists (select from pg_catalog.pg_depend e where e.deptype = 'e' and e.objsubid = 0"
        f" and e.classid = 'pg_catalog.{catalog}'::pg_catalog.regclass and e.objid = {oid})"
    )


USER_CLASS = f"""user_class as (
    select c.*, n.nspname
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where {USER_SCHEMA} and c.relpersistence <> 't' and {is_free("pg_class", "c.oid")})"""
"""A common table expression: pg_class with the schema's name, of whatever belongs to the user."""

USER_RELATION = f"""{USER_CLASS}, user_relation as (
    select * from user_class where relkind in ('r', 'p', 'v', 'm', 'f'))"""
"""The same, and only what can stand in a FROM: tables, partitioned tables, views, foreign tables."""


def is_platform(schema: str, capabilities: Capabilities) -> str:
    """A condition: the schema of this name is the managed service's own."""
    service = capabilities.service
    if service is None or not service.schemas:
        return "false"
    return f"{schema} in ({', '.join(map(quote.literal, sorted(service.schemas)))})"


FEW_RELATIONS = 1000
"""So many bring values home whatever they are; of more, only those that statements name do."""

MENTIONED = f"""mentioned as (
    select c.oid from user_relation c
    where (select pg_catalog.count(*) from user_relation) <= {FEW_RELATIONS}
       or c.relname in (select name.name from pg_catalog.jsonb_array_elements_text($1::pg_catalog.jsonb) name (name))
    union
    select h.inhrelid from mentioned m join pg_catalog.pg_inherits h on h.inhparent = m.oid)"""
"""The relations whose values matter, with their partitions and heirs; needs ``with recursive`` and ``mentioned``."""


def mentioned(capabilities: Capabilities) -> str:
    """The first parameter of a query with ``MENTIONED``."""
    return msgspec.json.encode(sorted(capabilities.mentioned)).decode()


def unless_locked(oid: str, expression: str) -> str:
    """The expression, or null where it would wait for somebody's lock on the relation."""
    return f"case when {oid} <> all ($1::pg_catalog.oid[]) then {expression} end"


def moment(expression: str) -> str:
    """A timestamp as ISO 8601 text with its offset from UTC, whatever DateStyle says."""
    return f"pg_catalog.to_json({expression}) #>> '{{}}'"


def grants(acl: str) -> str:
    """An aclitem[] as text[] of ``grantee=letters``, in the order of the names; PUBLIC is the empty name."""
    return f"""(select pg_catalog.array_agg(pg_catalog.concat(item.grantee, '=', item.letters) order by item.grantee)
        from (select coalesce(r.rolname::text, '') as grantee,
                     pg_catalog.string_agg(case a.privilege_type
                         when 'SELECT' then 'r' when 'INSERT' then 'a' when 'UPDATE' then 'w' when 'DELETE' then 'd'
                         when 'TRUNCATE' then 'D' when 'REFERENCES' then 'x' when 'TRIGGER' then 't'
                         when 'MAINTAIN' then 'm' when 'EXECUTE' then 'X' when 'USAGE' then 'U'
                         when 'CREATE' then 'C' else '' end, '' order by a.privilege_type) as letters
              from pg_catalog.aclexplode({acl}) a
              left join pg_catalog.pg_roles r on r.oid = a.grantee
              group by 1) item)"""
