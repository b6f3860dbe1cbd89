"""What the user's file of rules says under ``[refresh]``."""

from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from pgclinic.model.evidence import Unit
from pgclinic.model.names import RelationName
from pgclinic.model.toml import read_toml
from pgclinic.watch.alerts.quantities import quantity, seconds
from pgclinic.watch.alerts.reading import Table

_SHORTEST = 10.0


class Refreshing(msgspec.Struct, frozen=True, kw_only=True):
    """How views are kept fresh and partitions ahead; times in seconds.

    A view is refreshed ``every`` so often at the latest when anything changed, and sooner when ``changed`` of the rows
    below it did. ``timeout`` ends a refresh, ``lock_timeout`` the wait for its lock. ``overrides`` are of single views.
    ``ahead`` partitions are there for the time to come.
    """

    views: tuple[str, ...] = ("*",)
    every: float = 3_600.0
    changed: float = 0.1
    timeout: float = 600.0
    lock_timeout: float = 2.0
    partitions: tuple[str, ...] = ("*",)
    ahead: int = 3
    overrides: dict[str, "Refreshing"] = {}

    def of(self, view: RelationName) -> "Refreshing | None":
        """How this view is refreshed, None where it is left alone."""
        name = f"{view.schema}.{view.name}"
        if name in self.overrides:
            return self.overrides[name]
        return self if any(fnmatchcase(name, pattern) for pattern in self.views) else None

    def makes_partitions_of(self, table: RelationName) -> bool:
        """Whether this table's partitions are made."""
        return any(fnmatchcase(f"{table.schema}.{table.name}", pattern) for pattern in self.partitions)


def read(path: Path | None) -> Refreshing:
    """What stands in the file, or what holds without one. Raises UserError, which names the key."""
    if path is None:
        return Refreshing()
    file = Table(read_toml(path, "rules"), str(path), "")
    table = file.table("refresh")
    table.demand_keys("views", "partitions", "ahead", "only", *_KEYS)
    own = _times(table, Refreshing())
    ahead = table.values.get("ahead", own.ahead)
    if not isinstance(ahead, int) or isinstance(ahead, bool) or not 1 <= ahead <= 1000:  # noqa: PLR2004
        raise table.wrong("ahead", "has to be a number of partitions, 1 to 1000")
    overrides = {}
    for name, each in table.tables("views").items():
        each.demand_keys(*_KEYS)
        overrides[name] = _times(each, own)
    return msgspec.structs.replace(
        own,
        views=table.texts("only", own.views),
        partitions=table.texts("partitions", own.partitions),
        ahead=ahead,
        overrides=overrides,
    )


_KEYS = ("every", "changed", "timeout", "lock_timeout")


def _times(table: Table, above: Refreshing) -> Refreshing:
    return msgspec.structs.replace(
        above,
        every=max(_SHORTEST, table.quantity("every", seconds, default=above.every)),
        changed=table.quantity("changed", lambda text: quantity(text, Unit.RATIO), default=above.changed),
        timeout=table.quantity("timeout", seconds, default=above.timeout),
        lock_timeout=table.quantity("lock_timeout", seconds, default=above.lock_timeout),
    )
