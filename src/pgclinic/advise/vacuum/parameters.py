"""Storage parameters that make autovacuum come to a table in time, and no oftener than it can.

PostgreSQL comes at ``threshold + scale_factor * rows`` dead rows (``relation_needs_vacanalyze`` in autovacuum.c), by
default a fifth of the table; from server 18 on never later than at autovacuum_vacuum_max_threshold.
"""

from collections.abc import Collection, Mapping

from pgclinic.advise.vacuum.churn import Churn
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import option
from pgclinic.model.vacuuming import effective, vacuum_threshold

FEW_DEAD = 0.01
"""The share of dead rows that vacuum should not let a table exceed."""

_MANY_DEAD = 500_000
"""Dead rows of which one vacuum should not have more to clear."""
_LARGE_ROWS = _MANY_DEAD / FEW_DEAD
_NAP_SECONDS = 120
"""Autovacuum looks at a database once a minute: it must not be due each time."""
_OFTEN = 2
"""How many times the wanted threshold the present one must be, for a change to be worth it."""
_MAX_THRESHOLD_SINCE = 18
_THRESHOLD = "autovacuum_vacuum_threshold"
_MOSTLY_VISIBLE = 0.8
_MANY_ADDED = 1_000_000
_INSERT_FACTOR = 0.02
_ANALYZE_FACTOR = 0.02
_LIMIT = 1_000
"""autovacuum_vacuum_cost_limit where 200 was not enough: 8 MB are read between two pauses instead of 1.6."""


def for_dead_rows(snapshot: Snapshot, churn: Churn) -> Mapping[str, str]:
    """What makes autovacuum come at about one dead row in a hundred; nothing where it comes about then already."""
    busy = (churn.per_second or 0.0) * _NAP_SECONDS
    wanted = max(FEW_DEAD * churn.rows, busy)
    has_maximum = snapshot.server.major >= _MAX_THRESHOLD_SINCE
    if churn.rows > _LARGE_ROWS:
        wanted = max(_MANY_DEAD, busy)
    if vacuum_threshold(snapshot, churn.table) < _OFTEN * (wanted + effective(snapshot, churn.table, _THRESHOLD)):
        return {}
    if churn.rows > _LARGE_ROWS and has_maximum:
        return {"autovacuum_vacuum_max_threshold": f"{wanted:.0f}"}
    return {"autovacuum_vacuum_scale_factor": f"{wanted / churn.rows:.1g}"}


def for_added_rows(churn: Churn) -> Mapping[str, str]:
    """For a large table that only grows: vacuum marks what is new as visible before a fifth of the table has come.

    Without the marks an index-only scan reads the table all the same, and all of it has to be frozen at once one day.
    """
    table = churn.table
    visible = table.all_visible_pages / table.pages if table.pages else 1.0
    grows = churn.added > 10 * churn.changed and churn.rows >= _MANY_ADDED
    if not grows or visible >= _MOSTLY_VISIBLE or option(table, "autovacuum_vacuum_insert_scale_factor"):
        return {}
    return {"autovacuum_vacuum_insert_scale_factor": f"{_INSERT_FACTOR:g}"}


def for_statistics(snapshot: Snapshot, churn: Churn, checks: Collection[str]) -> Mapping[str, str]:
    """Where the planner's knowledge was found stale, ANALYZE comes when a fiftieth has changed, not a tenth."""
    if "stale_statistics" not in checks:
        return {}
    now = effective(snapshot, churn.table, "autovacuum_analyze_scale_factor")
    return {"autovacuum_analyze_scale_factor": f"{_ANALYZE_FACTOR:g}"} if now >= _OFTEN * _ANALYZE_FACTOR else {}


def for_pace(snapshot: Snapshot, churn: Churn, checks: Collection[str]) -> Mapping[str, str]:
    """Where autovacuum is on its way and does not get through, more work between its pauses."""
    limit = option(churn.table, "autovacuum_vacuum_cost_limit")
    is_slow = "autovacuum_behind" in checks and option(churn.table, "autovacuum_enabled") is None
    server_wide = snapshot.setting.get("autovacuum_vacuum_cost_limit")
    now = float(limit or (server_wide.value if server_wide else -1))
    return {"autovacuum_vacuum_cost_limit": str(_LIMIT)} if is_slow and now < _LIMIT else {}
