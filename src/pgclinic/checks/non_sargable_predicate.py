"""A condition computes something of a column, so that an index on the column cannot be searched.

What it sees:
    Conditions such as `date(created_at) = $1`, `lower(email) = $1` or `quantity + 1 = $1` that always apply, of
    statements with at least `notable_share` of all time and at least `min_calls` calls that touch at least `large_part`
    of the pages of the table, which has at least `min_rows` rows. The column has at least `many_values` different
    values, and no index is on an expression of it.

Why it matters:
    An index is ordered by the column's values and not by what a function makes of them: the server computes it for
    every row, every time.

What to do:
    Turn the condition round, so that the column stands alone: `created_at >= $1 and created_at < $1 + 1`, `quantity =
    $1 - 1`. Where that cannot be, create an index on the expression as it is written.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Relation
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows
from pgclinic.sql.asked import AskedStatement, notable
from pgclinic.sql.conditions import Comparison
from pgclinic.sql.expressions import named_columns
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.wrapping import as_sql, wrapping_of

FAMILY = "statements"
NEEDS = ("statements", "indexes", "column_statistics")
_SEARCHED = frozenset({"=", "<", "<=", ">", ">="})


def examine(
    snapshot: Snapshot,
    *,
    notable_share: float = 0.01,
    min_calls: int = 5,
    min_rows: int = 10_000,
    large_part: float = 0.25,
    many_values: int = 100,
) -> Iterator[Finding]:
    """Statements with such a condition, the heaviest first, each once."""
    for statement in notable(snapshot, notable_share, min_calls):
        for comparison in statement.comparisons:
            table = _table(statement, comparison, large_part, min_rows)
            if table is None or _values(snapshot, table, comparison.column) < many_values:
                continue
            if _is_served(snapshot, table, comparison.column):
                continue
            yield Finding(
                check="non_sargable_predicate",
                severity=Severity.NOTICE,
                object=statement.object,
                summary="A statement compares {expression}: no index on {column} of {table} can be searched by that.",
                advice="Turn the condition round so that {column} stands alone, or create an index on the expression.",
                facts=(
                    Fact("expression", as_sql(comparison.side), Unit.TEXT),
                    Fact("column", comparison.column, Unit.TEXT),
                    Fact("table", str(comparison.relation), Unit.TEXT),
                    *statement.facts,
                ),
                burden=statement.share,
            )
            break


def _table(statement: AskedStatement, comparison: Comparison, large_part: float, min_rows: int) -> Relation | None:
    """The table of a condition that always applies and whose column is wrapped, when much of it is read."""
    if comparison.arm or not comparison.is_constant or comparison.operator not in _SEARCHED or comparison.is_bare:
        return None
    wrapping = wrapping_of(comparison.side)
    if wrapping is None or (wrapping.kind == "cast" and wrapping.name != "date"):
        return None
    return statement.reads_much_of(comparison.relation, large_part, min_rows)


def _values(snapshot: Snapshot, table: Relation, column: str) -> float:
    """How many different values a column has, as far as ANALYZE knows."""
    statistics = snapshot.statistics_of.get((table.oid, column, table.kind == "p"))
    if statistics is None:
        return 0
    known = statistics.n_distinct
    return known if known >= 0 else -known * known_rows(snapshot, table)


def _is_served(snapshot: Snapshot, table: Relation, column: str) -> bool:
    """Whether any index is on an expression of the column: which one exactly is the planner's affair."""
    for index in snapshot.indexes_of.get(table.oid, ()):
        for key in index.definition.keys:
            try:
                named = named_columns(key.expression) if not key.is_column and index.is_valid else frozenset()
            except UnreadableSqlError:
                continue
            if named and column in named:
                return True
    return False
