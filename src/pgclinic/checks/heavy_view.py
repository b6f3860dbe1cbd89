"""A view that sums up much is asked often, and sums it up again each time.

What it sees:
    Views with GROUP BY, DISTINCT or aggregates. Statements that read such a view, touch at least `min_pages` pages a
    call and were called at least `min_calls` times together, take at least `notable_share` of all time.

Why it matters:
    A view keeps no rows: each reader pays for the whole sum, although little has changed since the last one.

What to do:
    If readers can live with rows that are some minutes old, make it a materialized view with a unique index on plain
    columns, and refresh it concurrently at an interval. If it must be exact, keep the sums by triggers.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import table_object
from pgclinic.sql.asked import AskedStatement, notable
from pgclinic.sql.views import read_by, sums_up

FAMILY = "views"
NEEDS = ("statements", "view_definitions")


def examine(
    snapshot: Snapshot, *, notable_share: float = 0.02, min_calls: int = 5, min_pages: int = 500
) -> Iterator[Finding]:
    """Views that cost much, in the order of the catalog."""
    readers: dict[int, list[AskedStatement]] = {}
    for statement in notable(snapshot, notable_share / 100):
        if statement.counted.verb == "select" and statement.pages_per_call >= min_pages:
            for relation in read_by(snapshot, statement.counted.text, statement.counted.role):
                readers.setdefault(relation.oid, []).append(statement)
    for view in snapshot.relations:
        own = readers.get(view.oid, [])
        share, calls = sum(one.share for one in own), sum(one.counted.calls for one in own)
        if view.kind != "v" or not view.definition or share < notable_share or calls < min_calls:
            continue
        if not sums_up(view.definition):
            continue
        yield Finding(
            check="heavy_view",
            severity=Severity.NOTICE,
            object=table_object(view),
            summary="The view {view} sums up {pages_per_call} pages at each of {calls} calls: {share} of all time.",
            advice="Make {view} a materialized view with a unique index, if rows of some minutes ago are good enough.",
            facts=(
                Fact("view", str(view.relation_name), Unit.TEXT),
                Fact("share", share, Unit.RATIO),
                Fact("calls", calls),
                Fact("mean", sum(one.counted.total_ms for one in own) / calls, Unit.MILLISECONDS),
                Fact("pages_per_call", sum(one.counted.shared_blks for one in own) / calls),
                Fact("statement", own[0].counted.fingerprint, Unit.TEXT),
                Fact("text", own[0].counted.text, Unit.TEXT),
            ),
            burden=min(share, 1),
        )
