"""One statement serves every combination of filters, and so none of them by an index.

What it sees:
    Conditions `$1 is null or column = $1`, and `column = coalesce($1, column)`, of statements with at least
    `notable_share` of all time and at least `min_calls` calls that touch at least `large_part` of the pages of the
    table, which has at least `min_rows` rows.

Why it matters:
    A plan that must be right for every combination can use no index on any of the columns. Only when PostgreSQL plans
    with the values themselves can it drop the filters that are off; a plan kept for all values cannot.

What to do:
    Let the application send only the conditions that are set: each combination in use becomes a statement of its own
    that can be indexed. Or set `plan_cache_mode = force_custom_plan` for the role that runs it.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.asked import AskedStatement, notable
from pgclinic.sql.wrapping import optional_columns

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
    """Statements with filters that can be off, the heaviest first."""
    for statement in notable(snapshot, notable_share, min_calls):
        columns = _columns(statement, min_rows, large_part)
        if not columns:
            continue
        yield Finding(
            check="catch_all_predicate",
            severity=Severity.NOTICE,
            object=statement.object,
            summary="A statement has filters that may be off ({columns}) and reads {table} for whichever is on.",
            advice="Send only the conditions that are set, as statements of their own.",
            facts=(
                Fact("table", str(columns[0][0]), Unit.TEXT),
                Fact("columns", ", ".join(dict.fromkeys(column for _, column in columns)), Unit.TEXT),
                *statement.facts,
            ),
            burden=statement.share,
        )


def _columns(statement: AskedStatement, min_rows: int, large_part: float) -> list[tuple[RelationName, str]]:
    """The columns of large tables that are compared only sometimes."""
    if statement.reading is None:
        return []
    found = []
    for name, column in optional_columns(statement.reading):
        if statement.reads_much_of(name, large_part, min_rows) is not None:
            found.append((name, column))
    return found
