"""Which objects made by CREATE STATISTICS are there, and what do they hold?"""

from pgclinic.model.statistics import ExtendedStatistics
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_RELATION, unless_locked

RECORD = ExtendedStatistics

_OF_EXPRESSIONS = (
    "null_frac",
    "avg_width",
    "n_distinct",
    "correlation",
    "most_common_freqs",
    "most_common_elem_freqs",
    "elem_count_histogram",
    "range_empty_frac",
)
_VALUES_OF_EXPRESSIONS = (
    "most_common_vals",
    "histogram_bounds",
    "most_common_elems",
    "range_length_histogram",
    "range_bounds_histogram",
)


def query(capabilities: Capabilities) -> Query:
    """One row an object; its data where the visitor may read the columns; no ``sql`` under a lock."""
    definition = unless_locked("s.stxrelid", "pg_catalog.pg_get_statisticsobjdef(s.oid)")
    inherited = capabilities.column("pg_stats_ext", "inherited", default="false")
    values = capabilities.column("pg_stats_ext", "most_common_vals") if capabilities.values else "null"
    return Query(
        f"""
        with {USER_RELATION}
        select s.stxrelid as relation, n.nspname as schema, s.stxname as name,
               coalesce({definition}, '') as sql, coalesce(x.inherited, false) as inherited,
               x.n_distinct::text as n_distinct, x.dependencies::text as dependencies,
               x.vals::text as most_common_vals, x.most_common_freqs, x.most_common_base_freqs,
               {_expressions(capabilities)} as expressions
        from pg_catalog.pg_statistic_ext s
        join user_relation c on c.oid = s.stxrelid
        join pg_catalog.pg_namespace n on n.oid = s.stxnamespace
        left join (
            select statistics_schemaname, statistics_name, n_distinct, dependencies, most_common_freqs,
                   most_common_base_freqs, {inherited} as inherited, {values} as vals
            from pg_catalog.pg_stats_ext
        ) x on x.statistics_schemaname = n.nspname and x.statistics_name = s.stxname
        order by s.stxrelid, n.nspname, s.stxname, inherited
        """,
        (capabilities.locked_array,),
    )


def _expressions(capabilities: Capabilities) -> str:
    """A jsonb array of ColumnStatistics; expressions hold literals, so none without values."""
    view = "pg_stats_ext_exprs"
    if not capabilities.values or not capabilities.has(view, "expr"):
        return "'[]'::pg_catalog.jsonb"
    fields = ["'relation', s.stxrelid::int8", "'column', e.expr", "'inherited', coalesce(x.inherited, false)"]
    fields += [f"'{name}', e.{name}" for name in _OF_EXPRESSIONS if capabilities.has(view, name)]
    fields += [f"'{name}', e.{name}::text" for name in _VALUES_OF_EXPRESSIONS if capabilities.has(view, name)]
    same = " and e.inherited = x.inherited" if capabilities.has(view, "inherited") else ""
    return f"""coalesce((
                   select pg_catalog.jsonb_agg(
                       pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object({", ".join(fields)})) order by e.expr)
                   from pg_catalog.{view} e
                   where e.statistics_schemaname = n.nspname and e.statistics_name = s.stxname{same}
               ), '[]')"""
