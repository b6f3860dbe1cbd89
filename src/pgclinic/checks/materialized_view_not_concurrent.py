"""A materialized view can only be refreshed by locking out its readers.

What it sees:
    Materialized views of at least `min_rows` rows without a valid unique index on plain columns and without a
    condition, which is what REFRESH … CONCURRENTLY demands (an index on an expression or a part of the rows will not
    do).

Why it matters:
    Without CONCURRENTLY a refresh takes an ACCESS EXCLUSIVE lock for as long as the query runs: every reader waits, and
    so does everyone who comes after.

What to do:
    Create a unique index on the columns that identify a row, usually those of its GROUP BY; then refresh with
    CONCURRENTLY.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, refreshes_concurrently, table_object

FAMILY = "views"
NEEDS = ("relations", "indexes")


def examine(snapshot: Snapshot, *, min_rows: int = 1_000) -> Iterator[Finding]:
    """Materialized views without such an index, in the order of the catalog."""
    views = [relation for relation in snapshot.relations if relation.kind == "m"]
    all_rows = sum(known_rows(snapshot, view) for view in views)
    for view in views:
        rows = known_rows(snapshot, view)
        if rows < min_rows or refreshes_concurrently(snapshot, view):
            continue
        yield Finding(
            check="materialized_view_not_concurrent",
            severity=Severity.NOTICE,
            object=table_object(view),
            summary="The materialized view {view} ({rows} rows) cannot be refreshed without locking out its readers.",
            advice="Create a unique index on the columns that identify a row of {view}, and refresh it concurrently.",
            facts=(
                Fact("view", str(view.relation_name), Unit.TEXT),
                Fact("rows", rows, provenance=Provenance.ESTIMATED),
            ),
            burden=rows / all_rows,
        )
