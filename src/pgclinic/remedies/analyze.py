"""Let the planner learn a table anew."""

from pgclinic.model.catalog import Relation
from pgclinic.model.counters import TableCounters
from pgclinic.model.prescription import Remedy, Statement
from pgclinic.sql import quote


def remedy(table: Relation, counters: TableCounters) -> Remedy:
    """ANALYZE it; there is no way back, and nobody wants old statistics. ``counters`` tell when it was done last."""
    moments = [moment for moment in (counters.last_analyze, counters.last_autoanalyze) if moment]
    since = f"{quote.literal(max(moments))}::timestamptz" if moments else "'-infinity'::timestamptz"
    return Remedy(
        kind="analyze",
        do=(
            Statement(
                sql=f"analyze {quote.relation(table.relation_name)}",
                lock="SHARE UPDATE EXCLUSIVE",
                blocks="schema changes and VACUUM on {table}; reads and writes go on",
                table=str(table.relation_name),
            ),
        ),
        verify=(
            "select exists (select from pg_catalog.pg_stat_all_tables as s"
            f" where s.schemaname = {quote.literal(table.schema)} and s.relname = {quote.literal(table.name)}"
            f" and greatest(s.last_analyze, s.last_autoanalyze) > {since})"
        ),
    )
