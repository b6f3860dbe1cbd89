"""PostgreSQL's table locks, weakest first (documentation, "Table-Level Locks"), as pg_locks names them."""

from collections.abc import Iterable

MODES = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
BLOCKS_WRITES = frozenset(MODES[4:])
"""Nobody writes to the table meanwhile."""
BLOCKS_READS = frozenset(MODES[-1:])
"""Nobody reads it either."""

_SQL = {mode: mode for mode in MODES} | {
    "AccessShareLock": "ACCESS SHARE",
    "RowShareLock": "ROW SHARE",
    "RowExclusiveLock": "ROW EXCLUSIVE",
    "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE",
    "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "ExclusiveLock": "EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}


def strongest(modes: Iterable[str]) -> str:
    """The strongest of some modes; empty for none."""
    return max((mode for mode in modes if mode in MODES), key=MODES.index, default="")


def in_sql(mode: str) -> str:
    """As LOCK TABLE spells it: ``ACCESS EXCLUSIVE``."""
    return _SQL.get(mode, mode)
