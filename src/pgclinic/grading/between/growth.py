"""Tables and indexes of two visits: what grew, what shrank."""

from pgclinic.model.clock import DAY, seconds_between
from pgclinic.model.difference import SizeChange
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import stored, table_object

_LEAST_BYTES = 1 << 20
_NOTABLE_SHARE = 0.05
_LARGE_BYTES = 1 << 30
"""So much is told however large the rest is."""


def size_changes(earlier: Snapshot, later: Snapshot) -> tuple[SizeChange, ...]:
    """What differs by a megabyte and a twentieth, or by a gigabyte; the largest difference first.

    What could not be measured at a visit is left out.
    """
    old, new = _sizes(earlier), _sizes(later)
    days = seconds_between(earlier.header.clock, later.header.clock) / DAY
    changes = []
    for name in {**old, **new}:
        if name in old and name in new:
            change = _change(name, old[name], new[name], days)
        else:
            change = SizeChange(object=name, before=old.get(name), after=new.get(name))
        if change is not None and _is_notable(change):
            changes.append(change)
    return tuple(sorted(changes, key=lambda change: (-abs(change.grown), str(change.object))))


def _change(name: ObjectName, before: int | None, after: int | None, days: float) -> SizeChange | None:
    if before is None or after is None:
        return None
    return SizeChange(object=name, before=before, after=after, a_day=(after - before) / days if days else None)


def _is_notable(change: SizeChange) -> bool:
    grown = abs(change.grown)
    larger = max(change.before or 0, change.after or 0)
    return grown >= _LARGE_BYTES or (grown >= _LEAST_BYTES and grown >= _NOTABLE_SHARE * larger)


def _sizes(snapshot: Snapshot) -> dict[ObjectName, int | None]:
    """Bytes by object; None for what a lock hid."""
    sizes: dict[ObjectName, int | None] = {}
    for table in stored(snapshot):
        known = table.heap_bytes is not None
        sizes[table_object(table)] = (table.heap_bytes or 0) + (table.toast_bytes or 0) if known else None
    for index in snapshot.indexes:
        if not index.is_partitioned:
            sizes[ObjectName("index", index.name, index.schema)] = index.bytes
    return sizes
