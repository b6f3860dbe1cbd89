"""When autovacuum comes to a table, as PostgreSQL reckons it (``relation_needs_vacanalyze`` in autovacuum.c)."""

from typing import TYPE_CHECKING

from pgclinic.model.tables import option

if TYPE_CHECKING:
    from pgclinic.model.catalog import Relation
    from pgclinic.model.snapshot import Snapshot

_OFF = {"off", "false", "no", "0", "of", "f", "n"}
_DEFAULTS = {
    "autovacuum_vacuum_threshold": 50.0,
    "autovacuum_vacuum_scale_factor": 0.2,
    "autovacuum_analyze_threshold": 50.0,
    "autovacuum_analyze_scale_factor": 0.1,
    "autovacuum_vacuum_max_threshold": -1.0,
}
"""In force where a setting is hidden; -1 is no limit, which is all that servers before 18 know."""


def is_switched_off(table: "Relation") -> bool:
    """Whether the table's own storage parameter keeps autovacuum away."""
    return (option(table, "autovacuum_enabled") or "on").lower() in _OFF


def vacuum_threshold(snapshot: "Snapshot", table: "Relation") -> float:
    """Dead rows at which autovacuum comes to the table."""
    wanted = _threshold(snapshot, table, "autovacuum_vacuum")
    highest = effective(snapshot, table, "autovacuum_vacuum_max_threshold")
    return wanted if highest < 0 else min(wanted, highest)


def analyze_threshold(snapshot: "Snapshot", table: "Relation") -> float:
    """Changed rows at which autovacuum analyses the table."""
    return _threshold(snapshot, table, "autovacuum_analyze")


def effective(snapshot: "Snapshot", table: "Relation", name: str) -> float:
    """A parameter of autovacuum: the table's own, else the server's, else the default."""
    setting = snapshot.setting.get(name)
    return float(option(table, name) or (setting.value if setting else _DEFAULTS[name]))


def _threshold(snapshot: "Snapshot", table: "Relation", kind: str) -> float:
    rows = max(table.tuples, 0)
    return effective(snapshot, table, f"{kind}_threshold") + effective(snapshot, table, f"{kind}_scale_factor") * rows
