"""A text is searched for anywhere in a column, and an ordinary index only knows how it begins.

What it sees:
    LIKE and ILIKE whose pattern is seen to begin with a wildcard (`'%' || $1`, or a constant in a view), of statements
    with at least `notable_share` of all time and at least `min_calls` calls that touch at least `large_part` of the
    pages of the table, which has at least `min_rows` rows. Silent where a trigram index is on the column; a pattern
    that is a parameter as a whole cannot be judged.

Why it matters:
    A B-tree is ordered from the first letter on. Without it every row is read and searched, every time.

What to do:
    Create a GIN index of trigrams (gin_trgm_ops of the extension pg_trgm) on the column; for words in longer texts,
    full-text search. If the beginning is what people type, drop the leading wildcard.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Relation
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.asked import notable
from pgclinic.sql.expressions import named_columns
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.wrapping import is_like, starts_with_wildcard

FAMILY = "statements"
NEEDS = ("statements", "indexes")


def examine(
    snapshot: Snapshot,
    *,
    notable_share: float = 0.01,
    min_calls: int = 5,
    min_rows: int = 10_000,
    large_part: float = 0.25,
) -> Iterator[Finding]:
    """Statements that search in the middle of texts, the heaviest first, each once."""
    for statement in notable(snapshot, notable_share, min_calls):
        for comparison in statement.comparisons:
            if comparison.arm or not is_like(comparison) or not starts_with_wildcard(comparison.other):
                continue
            table = statement.reads_much_of(comparison.relation, large_part, min_rows)
            if table is None or _has_trigrams(snapshot, table, comparison.column):
                continue
            yield Finding(
                check="leading_wildcard",
                severity=Severity.NOTICE,
                object=statement.object,
                summary="A statement looks for a text anywhere in {column} of {table} and reads all of it.",
                advice="Create a GIN index with gin_trgm_ops on {column}, or drop the wildcard at the beginning.",
                facts=(
                    Fact("column", comparison.column, Unit.TEXT),
                    Fact("table", str(comparison.relation), Unit.TEXT),
                    *statement.facts,
                ),
                burden=statement.share,
            )
            break


def _has_trigrams(snapshot: Snapshot, table: Relation, column: str) -> bool:
    """Whether an index of trigrams is on the column or on an expression of it."""
    for index in snapshot.indexes_of.get(table.oid, ()):
        for key in index.definition.keys:
            if not index.is_valid or "trgm_ops" not in key.opclass:
                continue
            try:
                named = frozenset({key.expression}) if key.is_column else named_columns(key.expression)
            except UnreadableSqlError:
                continue
            if named is None or column in named:
                return True
    return False
