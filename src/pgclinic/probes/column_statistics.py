"""What did ANALYZE learn about the columns and about the expressions in indexes?"""

from pgclinic.model.statistics import ColumnStatistics
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.prepared_functions import FIGURES, SCHEMA, STATISTICS, STATISTICS_WITH_VALUES, VALUES
from pgclinic.probes.query import Query
from pgclinic.probes.scope import MENTIONED, USER_RELATION, mentioned

RECORD = ColumnStatistics


def query(capabilities: Capabilities) -> Query:
    """One row of pg_stats each, values as PostgreSQL's array text; newer servers have more columns.

    What the visitor's own rights hide comes from the helper of ``pgclinic prepare``, where there is one.
    """
    return Query(
        f"""
        with recursive {USER_RELATION}, {MENTIONED},
        wanted as (
            select t.oid from mentioned t
            union all
            select i.indexrelid from mentioned t join pg_catalog.pg_index i on i.indrelid = t.oid),
        found as (
            {_own(capabilities)}{_helped(capabilities)})
        select distinct on (f.relation, f.number, f.inherited) f.*
        from found f
        order by f.relation, f.number, f.inherited, f.source
        """,
        (mentioned(capabilities),),
    )


def _own(capabilities: Capabilities) -> str:
    return f"""
            select c.oid as relation, s.attname as column, a.attnum as number, s.inherited, 0 as source,
                   {_columns(capabilities, "s")}
            from pg_catalog.pg_stats s
            join user_class c on c.relname = s.tablename and c.nspname = s.schemaname
            join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = s.attname"""


def _helped(capabilities: Capabilities) -> str:
    helper = STATISTICS_WITH_VALUES if capabilities.values else STATISTICS
    if helper not in capabilities.helpers:
        helper = STATISTICS
    if helper not in capabilities.helpers or capabilities.is_superuser:
        return ""
    return f"""
            union all
            select c.oid, h."column", h.number, h.inherited, 1, {_columns(capabilities, "h")}
            from {SCHEMA}.{helper}() h
            join user_class c on c.oid = h.relation"""


def _columns(capabilities: Capabilities, alias: str) -> str:
    figures = (f"{alias}.{name} as {name}" for name in FIGURES if capabilities.has("pg_stats", name))
    values = (
        f"case when c.oid in (select w.oid from wanted w) then {alias}.{name}::text end as {name}"
        for name in VALUES
        if capabilities.values and capabilities.has("pg_stats", name)
    )
    return ", ".join([*figures, *values]) or "null"
