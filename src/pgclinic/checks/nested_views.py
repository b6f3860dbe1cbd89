"""Views stand on views on views, and nobody sees any more what a query reads.

What it sees:
    Views at least `min_depth` deep (a view of tables alone is one deep). Those that no other such view is made of are
    named. It is information, and a notice when statements that read it take at least `notable_share` of all time.

Why it matters:
    The planner opens all of them. The same tables are joined several times, columns are computed that nobody asks for,
    past a dozen tables the order of joins is no longer searched through (join_collapse_limit, geqo_threshold), and no
    view below can be changed without dropping all above.

What to do:
    Write the query that is asked straight on the tables, or materialize a layer in the middle.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import table_object
from pgclinic.sql.asked import notable
from pgclinic.sql.views import depth_of, read_by, tables_below

FAMILY = "views"
NEEDS = ("relations", "view_definitions")


def examine(snapshot: Snapshot, *, min_depth: int = 4, notable_share: float = 0.01) -> Iterator[Finding]:
    """Towers of views, in the order of the catalog."""
    deep = {view.oid: depth for view in snapshot.relations if (depth := depth_of(snapshot, view)) >= min_depth}
    inside = {
        inner.oid
        for oid in deep
        for inner in read_by(snapshot, snapshot.relation_by_oid[oid].definition or "")
        if inner.oid in deep
    }
    shares: dict[int, float] = {}
    for statement in notable(snapshot, notable_share / 100) if deep else ():
        for relation in read_by(snapshot, statement.counted.text, statement.counted.role):
            shares[relation.oid] = shares.get(relation.oid, 0.0) + statement.share
    for oid, depth in deep.items():
        if oid in inside:
            continue
        view = snapshot.relation_by_oid[oid]
        share = shares.get(oid, 0.0)
        yield Finding(
            check="nested_views",
            severity=Severity.NOTICE if share >= notable_share else Severity.INFO,
            object=table_object(view),
            summary="The view {view} is {depth} views deep and reads {tables} tables in the end.",
            advice="Write what is asked of {view} straight on the tables, or materialize a layer in between.",
            facts=(
                Fact("view", str(view.relation_name), Unit.TEXT),
                Fact("depth", depth),
                Fact("tables", len(tables_below(snapshot, view))),
                Fact("share", share, Unit.RATIO),
            ),
            burden=min(max(share, 0.01), 1),
        )
