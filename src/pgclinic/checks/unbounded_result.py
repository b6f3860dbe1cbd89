"""A statement hands over very many rows at each call, without a limit.

What it sees:
    SELECTs on tables without LIMIT or FETCH that return at least `many_rows` rows a call on average, called at least
    `min_calls` times (a nightly export is not a habit), with at least `notable_share` of all time.

Why it matters:
    Nobody looks at so many rows: they are read, sent and kept in the application's memory for the few that are shown,
    and they become more with every day.

What to do:
    Page through them by key (`where (created_at, id) < ($1, $2) order by created_at desc, id desc limit 50`), sum up
    in the database, or fetch with a cursor what really is needed whole.
"""

from collections.abc import Iterator

from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.asked import notable
from pgclinic.sql.clauses import is_limited, outermost_select

FAMILY = "statements"
NEEDS = ("statements",)


def examine(
    snapshot: Snapshot, *, many_rows: int = 5_000, min_calls: int = 20, notable_share: float = 0.01
) -> Iterator[Finding]:
    """Statements with endless answers, the heaviest first."""
    for statement in notable(snapshot, notable_share, min_calls):
        if statement.rows_per_call < many_rows:
            continue
        reading = statement.reading
        select = outermost_select(reading.tree) if reading is not None else None
        if reading is None or select is None or not reading.shape.uses or is_limited(select):
            continue
        yield Finding(
            check="unbounded_result",
            severity=Severity.NOTICE,
            object=statement.object,
            summary="A statement without a limit returns {rows_per_call} rows at each of its {calls} calls.",
            advice="Ask for a page at a time, by key, or let the database sum up.",
            facts=statement.facts,
            burden=statement.share,
        )
