"""Since when does pg_stat_statements count, and how much has it forgotten?"""

from pgclinic.model.counters import DatabaseCounters
from pgclinic.model.finding import BlindSpot
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import moment
from pgclinic.probes.statements import EXTENSION
from pgclinic.sql import quote

RECORD = DatabaseCounters
SUPPLEMENTS = True


def query(capabilities: Capabilities) -> Query | BlindSpot:
    """One row. Before version 1.9 the extension did not say since when; nothing is said where it is missing."""
    capacity = "pg_catalog.current_setting('pg_stat_statements.max', true)::int"
    extension = capabilities.extensions.get(EXTENSION) if capabilities.counts_statements else None
    if extension is None or not capabilities.has("pg_stat_statements_info", "stats_reset"):
        return Query(f"select {capacity} as statements_max order by 1")
    view = f"{quote.identifier(extension.schema)}.pg_stat_statements_info"
    return Query(f"""
        select {moment("i.stats_reset")} as statements_reset, i.dealloc as statements_dealloc,
               {capacity} as statements_max
        from {view} i
        order by 1
    """)
