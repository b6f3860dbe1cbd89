"""Which indexes are there, what are they made of, and how have they been used?"""

from pgclinic.model.catalog import Index
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_RELATION, moment, unless_locked

RECORD = Index

_KEYS = """(
    select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
               'expression', coalesce(a.attname::text, expression.sql, ''),
               'is_column', key.number <> 0,
               'opclass', case when not is_default.is_opclass then pg_catalog.concat(
                              case when opn.nspname <> 'pg_catalog'
                                   then pg_catalog.concat(pg_catalog.quote_ident(opn.nspname), '.') end,
                              pg_catalog.quote_ident(op.opcname),
                              ' (' || pg_catalog.array_to_string(own.attoptions, ', ') || ')') else '' end,
               'collation', case when not is_default.is_collation then pg_catalog.concat(
                                pg_catalog.quote_ident(con.nspname), '.', pg_catalog.quote_ident(co.collname))
                            else '' end,
               'descending', key.option & 1 = 1,
               'nulls_first', key.option & 2 = 2) order by key.position)
    from rows from (pg_catalog.unnest(i.indkey::smallint[]), pg_catalog.unnest(i.indclass::pg_catalog.oid[]),
                    pg_catalog.unnest(i.indcollation::pg_catalog.oid[]), pg_catalog.unnest(i.indoption::smallint[]))
         with ordinality key (number, opclass_oid, collation_oid, option, position)
    join pg_catalog.pg_attribute own on own.attrelid = i.indexrelid and own.attnum = key.position
    left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = key.number and key.number <> 0
    join pg_catalog.pg_opclass op on op.oid = key.opclass_oid
    join pg_catalog.pg_namespace opn on opn.oid = op.opcnamespace
    left join pg_catalog.pg_collation co on co.oid = key.collation_oid
    left join pg_catalog.pg_namespace con on con.oid = co.collnamespace
    cross join lateral (select case when key.number = 0 and i.indrelid <> all ($1::pg_catalog.oid[])
                            then pg_catalog.pg_get_indexdef(i.indexrelid, key.position::int, false) end as sql) deparsed
    cross join lateral (select case when pg_catalog.starts_with(deparsed.sql, '(')
                                    then pg_catalog.substr(deparsed.sql, 2, pg_catalog.length(deparsed.sql) - 2)
                                    else deparsed.sql end as sql) expression
    cross join lateral (
        select op.opcdefault and own.attoptions is null
               and (op.opcintype = coalesce(a.atttypid, own.atttypid) or not exists (
                   select from pg_catalog.pg_opclass other
                   where other.opcmethod = op.opcmethod and other.opcdefault and other.oid <> op.oid
                     and other.opcintype = coalesce(a.atttypid, own.atttypid))) as is_opclass,
               key.collation_oid = 0 or key.collation_oid = a.attcollation
               or key.number = 0 and (
                   i.indrelid = any ($1::pg_catalog.oid[])
                   or pg_catalog.strpos(pg_catalog.pg_get_indexdef(i.indexrelid), ' COLLATE ') = 0)
               as is_collation
    ) is_default
    where key.position <= i.indnkeyatts)"""
"""IndexKey objects. An expression's outer parentheses are dropped; its own collation only the deparser knows."""

_INCLUDE = """(
    select coalesce(pg_catalog.jsonb_agg(a.attname order by key.position), '[]')
    from pg_catalog.unnest(i.indkey::smallint[]) with ordinality key (number, position)
    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = key.number
    where key.position > i.indnkeyatts)"""


def query(capabilities: Capabilities) -> Query:
    """One row an index of a table or materialized view, invalid ones included. Under a lock, texts are empty."""
    predicate = unless_locked("i.indrelid", "pg_catalog.pg_get_expr(i.indpred, i.indrelid)")
    definition = unless_locked("i.indrelid", "pg_catalog.pg_get_indexdef(x.oid)")
    last_scan = "null"
    if "pg_stat_get_lastscan" in capabilities.functions:
        last_scan = moment("pg_catalog.pg_stat_get_lastscan(x.oid)")
    stats_reset, its_statistics = "null", ""
    if capabilities.has("pg_stat_all_indexes", "stats_reset"):
        stats_reset = moment("its.stats_reset")
        its_statistics = "left join pg_catalog.pg_stat_all_indexes its on its.indexrelid = x.oid"
    return Query(
        f"""
        with {USER_RELATION}
        select x.oid, i.indrelid as relation, t.nspname as schema, x.relname as name,
               pg_catalog.jsonb_build_object(
                   'relation', pg_catalog.jsonb_build_object('schema', t.nspname, 'name', t.relname),
                   'keys', {_KEYS},
                   'method', am.amname, 'include', {_INCLUDE},
                   'predicate', coalesce({predicate}, ''), 'is_unique', i.indisunique,
                   'options', coalesce(pg_catalog.to_jsonb(x.reloptions), '[]')) as definition,
               coalesce({definition}, '') as sql,
               i.indisprimary as is_primary, i.indisexclusion as is_exclusion, i.indisvalid as is_valid,
               i.indisready as is_ready,
               coalesce(x.oid in (select p.index_relid from pg_catalog.pg_stat_progress_create_index p), false)
                   as is_being_built, i.indisreplident as is_replica_identity,
               i.indisclustered as is_clustered, x.relkind = 'I' as is_partitioned,
               (select h.inhparent from pg_catalog.pg_inherits h where h.inhrelid = x.oid) as parent,
               (select k.conname from pg_catalog.pg_constraint k
                where k.conrelid = i.indrelid and k.conindid = x.oid and k.contype in ('p', 'u', 'x')
                order by k.oid limit 1) as constraint,
               x.relpages as pages, x.reltuples as tuples,
               pg_catalog.pg_stat_get_numscans(x.oid) as scans,
               pg_catalog.pg_stat_get_tuples_returned(x.oid) as tuples_read,
               pg_catalog.pg_stat_get_tuples_fetched(x.oid) as tuples_fetched,
               {last_scan} as last_scan,
               pg_catalog.pg_stat_get_blocks_fetched(x.oid) - pg_catalog.pg_stat_get_blocks_hit(x.oid) as blocks_read,
               pg_catalog.pg_stat_get_blocks_hit(x.oid) as blocks_hit, {stats_reset} as stats_reset
        from pg_catalog.pg_index i
        join user_relation t on t.oid = i.indrelid
        join pg_catalog.pg_class x on x.oid = i.indexrelid
        join pg_catalog.pg_am am on am.oid = x.relam
        {its_statistics}
        where i.indislive
        order by i.indrelid, x.oid
        """,
        (capabilities.locked_array,),
    )
