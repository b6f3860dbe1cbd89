"""A materialized view shows what was true some time ago, or nothing at all.

What it sees:
    Materialized views that were never filled, which is a warning: reading them fails. And those that nobody has
    refreshed since they were last analysed, at least `days` days ago, while their tables have changed since then by at
    least `changed` of their rows; that is information, and a notice after `long_days`.

Why it matters:
    Its readers take old numbers for new ones. Nothing in PostgreSQL refreshes a materialized view by itself.

What to do:
    Refresh it at an interval that its readers can live with (pg_cron, a timer of the application), and say its age
    where it is shown. If nobody noticed, perhaps nobody reads it: drop it.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Relation
from pgclinic.model.clock import DAY, seconds_between
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, table_object, unwritten_since
from pgclinic.sql.views import tables_below

FAMILY = "views"
NEEDS = ("relations", "table_counters", "view_definitions")


def examine(snapshot: Snapshot, *, days: float = 1, long_days: float = 7, changed: float = 0.2) -> Iterator[Finding]:
    """Materialized views that are behind, in the order of the catalog."""
    views = [relation for relation in snapshot.relations if relation.kind == "m"]
    for view in views:
        if not view.is_populated:
            yield _empty(view, len(views))
            continue
        since = unwritten_since(snapshot, view)
        if since is None:
            continue
        age = seconds_between(since, snapshot.header.clock) / DAY
        share = _changed_since(snapshot, view, since)
        if age < days or share < changed:
            continue
        yield Finding(
            check="stale_materialized_view",
            severity=Severity.NOTICE if age >= long_days else Severity.INFO,
            object=table_object(view),
            summary="The materialized view {view} was not refreshed for {age}; {changed} of its tables' rows changed.",
            advice="Refresh {view} at an interval, or drop it if nobody reads it.",
            facts=(
                Fact("view", str(view.relation_name), Unit.TEXT),
                Fact("age", age * DAY, Unit.SECONDS),
                Fact("changed", min(share, 1), Unit.RATIO, Provenance.ESTIMATED),
            ),
            burden=1 / len(views),
        )


def _empty(view: Relation, views: int) -> Finding:
    return Finding(
        check="stale_materialized_view",
        severity=Severity.WARNING,
        object=table_object(view),
        summary="The materialized view {view} was never filled: reading it fails.",
        advice="Refresh {view}, or drop it.",
        facts=(Fact("view", str(view.relation_name), Unit.TEXT),),
        burden=1 / views,
    )


def _changed_since(snapshot: Snapshot, view: Relation, since: str) -> float:
    """The share of the tables' rows that is known to have changed after a moment.

    Changes are counted since a table's own last ANALYZE: they are later than the moment when that is.
    """
    rows = modified = 0.0
    pending = list(tables_below(snapshot, view))
    tables = [snapshot.relation_by_oid[oid] for oid in pending]
    tables += [child for table in tables for child in snapshot.children_of.get(table.oid, ())]
    for table in tables:
        counters = snapshot.counters_of.get(table.oid)
        if counters is None or table.kind == "p":
            continue
        rows += known_rows(snapshot, table)
        analysed = max(filter(None, (counters.last_analyze, counters.last_autoanalyze)), default=None)
        if analysed is not None and seconds_between(since, analysed) >= -_TOGETHER:
            modified += counters.n_mod_since_analyze
    return modified / rows if rows else 0.0


_TOGETHER = 3_600
"""One ANALYZE of the whole database takes its time; what changed meanwhile hardly counts."""
