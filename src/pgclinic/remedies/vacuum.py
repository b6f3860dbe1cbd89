"""Clear a table of its dead rows now, beside its readers and writers."""

from pgclinic.model.catalog import Relation
from pgclinic.model.counters import TableCounters
from pgclinic.model.prescription import Hazard, Remedy, Statement
from pgclinic.sql import quote


def remedy(table: Relation, counters: TableCounters, *, freezes: bool = False) -> Remedy:
    """VACUUM (ANALYZE), or VACUUM (FREEZE, ANALYZE); there is no way back, and nobody wants dead rows back.

    ``counters`` tell when it was done last.
    """
    moments = [moment for moment in (counters.last_vacuum, counters.last_autovacuum) if moment]
    since = f"{quote.literal(max(moments))}::timestamptz" if moments else "'-infinity'::timestamptz"
    return Remedy(
        kind="vacuum",
        do=(
            Statement(
                sql=f"vacuum ({'freeze, analyze' if freezes else 'analyze'}) {quote.relation(table.relation_name)}",
                in_transaction=False,
                lock="SHARE UPDATE EXCLUSIVE",
                blocks="schema changes and VACUUM on {table}; reads and writes go on",
                table=str(table.relation_name),
            ),
        ),
        verify=(
            "select exists (select from pg_catalog.pg_stat_all_tables as s"
            f" where s.schemaname = {quote.literal(table.schema)} and s.relname = {quote.literal(table.name)}"
            f" and greatest(s.last_vacuum, s.last_autovacuum) > {since})"
        ),
        hazards=(Hazard.READS_WHOLE_TABLE,),
    )
