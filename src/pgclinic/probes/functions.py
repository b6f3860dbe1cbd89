"""Which functions and procedures has the user written?"""

from pgclinic.model.catalog import Function
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_SCHEMA, is_free
from pgclinic.probes.settings import ALLOWED

RECORD = Function

_AGGREGATE = """(
    select pg_catalog.concat(
        'CREATE AGGREGATE ', pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(p.proname), '(',
        coalesce(nullif(pg_catalog.pg_get_function_identity_arguments(p.oid), ''), '*'),
        ') (SFUNC = ', a.aggtransfn::pg_catalog.regproc, ', STYPE = ', pg_catalog.format_type(a.aggtranstype, null),
        case when a.aggtransspace > 0 then pg_catalog.concat(', SSPACE = ', a.aggtransspace) end,
        case when a.aggfinalfn <> 0 then pg_catalog.concat(', FINALFUNC = ', a.aggfinalfn::pg_catalog.regproc) end,
        case when a.aggfinalextra then ', FINALFUNC_EXTRA' end,
        case when a.aggcombinefn <> 0
             then pg_catalog.concat(', COMBINEFUNC = ', a.aggcombinefn::pg_catalog.regproc) end,
        case when a.aggserialfn <> 0 then pg_catalog.concat(', SERIALFUNC = ', a.aggserialfn::pg_catalog.regproc) end,
        case when a.aggdeserialfn <> 0
             then pg_catalog.concat(', DESERIALFUNC = ', a.aggdeserialfn::pg_catalog.regproc) end,
        case when a.agginitval is not null
             then pg_catalog.concat(', INITCOND = ', pg_catalog.quote_literal(a.agginitval)) end,
        case when a.aggsortop <> 0 then (
            select pg_catalog.concat(', SORTOP = OPERATOR(', pg_catalog.quote_ident(s.nspname), '.', o.oprname, ')')
            from pg_catalog.pg_operator o join pg_catalog.pg_namespace s on s.oid = o.oprnamespace
            where o.oid = a.aggsortop) end,
        case p.proparallel when 's' then ', PARALLEL = SAFE' when 'r' then ', PARALLEL = RESTRICTED' end, ')')
    from pg_catalog.pg_aggregate a
    where a.aggfnoid = p.oid and a.aggkind = 'n')"""


def query(capabilities: Capabilities) -> Query:
    """One row a function. Bodies and defaults of arguments hold literals.

    PostgreSQL deparses no aggregates: what plain ones are made of is put together here. Constructors of ranges are
    the type's own. A body that was parsed when it was written gets deparsed, which opens the relations that it reads.
    """
    definition = f"""case when p.prokind = 'a' then {_AGGREGATE}
               when not exists (
                   select from pg_catalog.pg_depend d
                   where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid
                     and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                     and d.refobjid = any ($2::pg_catalog.oid[])) then pg_catalog.pg_get_functiondef(p.oid) end"""
    arguments = "pg_get_function_arguments" if capabilities.values else "pg_get_function_identity_arguments"
    return Query(
        f"""
        select p.oid, n.nspname as schema, p.proname as name, pg_catalog.{arguments}(p.oid) as arguments,
               coalesce(pg_catalog.pg_get_function_result(p.oid), '') as returns, p.prokind::text as kind,
               l.lanname as language, p.provolatile::text as volatility, r.rolname as owner,
               p.proparallel::text as parallel, p.proleakproof as is_leakproof,
               p.prosecdef as is_security_definer, p.proisstrict as is_strict, p.procost as cost, p.prorows as rows,
               (select pg_catalog.array_agg(entry.setting order by entry.setting)
                from pg_catalog.unnest(p.proconfig) entry (setting)
                where pg_catalog.split_part(entry.setting, '=', 1) ~ $1) as settings,
               {definition} as sql
        from pg_catalog.pg_proc p
        join pg_catalog.pg_namespace n on n.oid = p.pronamespace
        join pg_catalog.pg_language l on l.oid = p.prolang
        join pg_catalog.pg_roles r on r.oid = p.proowner
        where {USER_SCHEMA} and {is_free("pg_proc", "p.oid")}
          and not exists (
            select from pg_catalog.pg_depend inner_part
            where inner_part.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
              and inner_part.objid = p.oid and inner_part.deptype = 'i')
        order by p.oid
        """,
        (f"^({ALLOWED}|search_path)$", capabilities.locked_array),
    )
