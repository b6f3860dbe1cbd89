"""A materialized view asks for the present moment, which stands still between two refreshes.

What it sees:
    Materialized views whose conditions (WHERE, ON, HAVING, those of the views inside too) read the clock: now(),
    CURRENT_DATE and their kin. In the select list it only says when it was made, which is well. It is information, and
    a notice when nobody has refreshed the view for `days` days.

Why it matters:
    "The last hour" is the hour before the last refresh: the window does not move, and the newest rows are missing.

What to do:
    Keep sums by bucket (`date_trunc('hour', created_at)`), without a window, and let the reader's own condition choose
    the buckets: `where hour >= now() - interval '1 day'`.
"""

from collections.abc import Iterator

from pgclinic.model.clock import DAY, seconds_between
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import table_object, unwritten_since
from pgclinic.sql.views import reads_clock_in_conditions

FAMILY = "views"
NEEDS = ("relations", "view_definitions", "table_counters")


def examine(snapshot: Snapshot, *, days: float = 1) -> Iterator[Finding]:
    """Materialized views with a window that does not move, in the order of the catalog."""
    views = [relation for relation in snapshot.relations if relation.kind == "m"]
    for view in views:
        if not reads_clock_in_conditions(snapshot, view):
            continue
        since = unwritten_since(snapshot, view)
        age = seconds_between(since, snapshot.header.clock) if since else 0.0
        yield Finding(
            check="clock_in_materialized_view",
            severity=Severity.NOTICE if age >= days * DAY else Severity.INFO,
            object=table_object(view),
            summary="The materialized view {view} asks for the present moment, which stands still until a refresh.",
            advice="Keep sums by bucket of time in {view}, and let its readers choose the window.",
            facts=(
                Fact("view", str(view.relation_name), Unit.TEXT),
                *((Fact("age", age, Unit.SECONDS),) if since else ()),
            ),
            burden=1 / len(views),
        )
