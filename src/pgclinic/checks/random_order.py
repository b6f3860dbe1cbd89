"""Rows are drawn by sorting all of them at random.

What it sees:
    `order by random()` in statements with at least `notable_share` of all time and at least `min_calls` calls that read
    at least `large_part` of a table of at least `min_rows` rows.

Why it matters:
    To draw one row, every row gets a random number and all are sorted. The cost is that of the whole table.

What to do:
    Draw from the key: `where id >= (random() * $1)::bigint order by id limit 1`, or use TABLESAMPLE where a sample of
    pages is good enough.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.asked import notable
from pgclinic.sql.clauses import orders_by_chance

FAMILY = "statements"
NEEDS = ("statements", "relations")


def examine(
    snapshot: Snapshot,
    *,
    notable_share: float = 0.01,
    min_calls: int = 5,
    min_rows: int = 10_000,
    large_part: float = 0.25,
) -> Iterator[Finding]:
    """Statements that shuffle a table, the heaviest first."""
    for statement in notable(snapshot, notable_share, min_calls):
        reading = statement.reading
        if reading is None or not orders_by_chance(reading.tree):
            continue
        tables = [statement.reads_much_of(use.relation, large_part, min_rows) for use in reading.shape.uses]
        large = [table for table in tables if table is not None]
        if not large:
            continue
        yield Finding(
            check="random_order",
            severity=Severity.NOTICE,
            object=statement.object,
            summary="A statement sorts {table} by random() at each of its {calls} calls.",
            advice="Draw from the key, or use TABLESAMPLE.",
            facts=(Fact("table", str(large[0].relation_name), Unit.TEXT), *statement.facts),
            burden=statement.share,
        )
