"""Kept sums of one table: what they hold, the query that makes them, and a SELECT rewritten to read them.

A summary has a row for each *cell*: a span of time, as a rule a day, and a value of each key column. Sums and counts
of whole statements are sums of those of cells (Gupta, Harinarayan, Quass, "Aggregate-query processing in data
warehousing environments", VLDB 1995); what cannot be added up (distinct counts, percentiles) is kept only where a cell
is all that is asked. A bound in time need not fall on the edge of a span: whole ones come from the summary,
the rest from the table.
"""

from pgclinic.sql.summaries.definitions import columns_read, counted, definition_of, of_days, of_rows
from pgclinic.sql.summaries.rewriting import rewritten, summaries_in
from pgclinic.sql.summaries.summary import Kept, Measure, Summary, subtractable, united

__all__ = [
    "Kept",
    "Measure",
    "Summary",
    "columns_read",
    "counted",
    "definition_of",
    "of_days",
    "of_rows",
    "rewritten",
    "subtractable",
    "summaries_in",
    "united",
]
