"""How far are the sequences from their end?"""

from pgclinic.model.catalog import Sequence
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.prepared_functions import SCHEMA, SEQUENCES
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_CLASS

RECORD = Sequence


def query(capabilities: Capabilities) -> Query:
    """One row a sequence. An unlogged one cannot be read on a standby, a closed one only through the helper."""
    helped, other = "", "null"
    if SEQUENCES in capabilities.helpers and not capabilities.is_superuser:
        helped = f"left join {SCHEMA}.{SEQUENCES}($1::pg_catalog.oid[]) h on h.relation = c.oid"
        other = "h.last_value"
    return Query(
        f"""
        with {USER_CLASS}
        select c.nspname as schema, c.relname as name, pg_catalog.format_type(s.seqtypid, null) as type,
               s.seqincrement as increment, s.seqmin as min_value, s.seqmax as max_value, s.seqcycle as is_cycling,
               case when c.oid = any ($1::pg_catalog.oid[])
                      or c.relpersistence <> 'p' and pg_catalog.pg_is_in_recovery() then null
                    when pg_catalog.has_sequence_privilege(c.oid, 'select, usage')
                    then pg_catalog.pg_sequence_last_value(c.oid)
                    else {other} end as last_value,
               d.refobjid as owner_relation, a.attname as owner_column
        from pg_catalog.pg_sequence s
        join user_class c on c.oid = s.seqrelid
        {helped}
        left join pg_catalog.pg_depend d
            on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.objsubid = 0
           and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjsubid > 0
           and d.deptype in ('a', 'i')
        left join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
        order by c.nspname, c.relname
        """,
        (capabilities.locked_array,),
    )
