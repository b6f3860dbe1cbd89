"""A statement looks at very many pages for each row that it returns.

What it sees:
    SELECTs without aggregates that touch at least `min_pages` pages a call and at least `pages_per_row` for each row
    returned, called at least `min_calls` times, with at least `notable_share` of all time, although they do not read
    half of any of their tables (those that do are found as sequential scans) and call no function in FROM.

Why it matters:
    Rows are found by an index that fits badly, and thrown away afterwards: a condition that the index does not
    hold, an order that it does not give, entries of dead rows. The cost grows with the table while the answer does not.

What to do:
    Look at the plan for "Rows Removed by Filter": what stands there belongs into the index, before or behind the
    columns that are in it. Let `pgclinic prescribe` look for it.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.asked import AskedStatement, notable
from pgclinic.sql.clauses import aggregates, calls_functions_in_from

FAMILY = "statements"
NEEDS = ("statements", "relations")


def examine(
    snapshot: Snapshot,
    *,
    min_pages: int = 1_000,
    pages_per_row: int = 200,
    min_calls: int = 5,
    notable_share: float = 0.02,
) -> Iterator[Finding]:
    """Statements that read much for little through an index, the heaviest first."""
    for statement in notable(snapshot, notable_share, min_calls):
        wasted = statement.pages_per_call / max(statement.rows_per_call, 1)
        if statement.pages_per_call < min_pages or wasted < pages_per_row:
            continue
        if not _reads_through_indexes(statement):
            continue
        yield Finding(
            check="wasteful_read",
            severity=Severity.NOTICE,
            object=statement.object,
            summary="A statement touches {pages_per_call} pages at each call and returns {rows_per_call} rows.",
            advice="Look at its plan for rows that are found and thrown away, and put that condition into an index.",
            facts=(*statement.facts, Fact("pages_per_row", wasted)),
            burden=statement.share,
        )


def _reads_through_indexes(statement: AskedStatement) -> bool:
    reading = statement.reading
    if reading is None or statement.counted.verb != "select" or not reading.shape.uses:
        return False
    if aggregates(reading.tree) or calls_functions_in_from(reading.tree):
        return False
    return not any(statement.reads_much_of(use.relation, 0.5) for use in reading.shape.uses)
