"""An index is paid for at every write and no query has used it.

What it sees:
    Indexes of at least `min_bytes` without a single scan since the statistics were reset. Only after `window_days`
    days is it a notice; in a shorter time it is mere information, because a monthly report may still need it.
    Never: indexes that enforce a unique, primary key or exclusion constraint, that identify rows for replication,
    that a table is clustered by, or that support a foreign key. Partitions are judged together.

Why it matters:
    Every insert and most updates write to it, vacuum reads it, and it takes disk, memory and time of backups.

What to do:
    Make sure that no replica uses it (replicas count for themselves) and no rare job needs it. Then drop it
    concurrently, and keep its definition.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Index
from pgclinic.model.clock import DAY, seconds_between, seconds_counted
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.indexes import has_a_duty
from pgclinic.model.indexes import size as bytes_of
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies import drop_index

FAMILY = "indexes"
NEEDS = ("indexes", "constraints", "database_counters")


def examine(snapshot: Snapshot, *, window_days: float = 30, min_bytes: int = 1_048_576) -> Iterator[Finding]:
    """Indexes that only cost, in the order of the catalog."""
    families = _families(snapshot)
    all_bytes = sum(bytes_of(snapshot, index) for index in snapshot.indexes)
    for root in snapshot.indexes:
        family = families.get(root.oid, ())
        size = sum(bytes_of(snapshot, index) for index in family)
        if size < min_bytes or any(index.scans != 0 for index in family if not index.is_partitioned):
            continue
        if not root.is_valid or any(has_a_duty(snapshot, index) for index in family):
            continue
        table = snapshot.relation_by_oid[root.relation]
        window = _seconds_counted(snapshot, family)
        # ANALYZE gathers statistics for expressions of an index, which the planner uses without ever scanning it.
        informs_planner = any(not key.is_column for key in root.definition.keys)
        is_long = window is not None and window >= window_days * DAY and not informs_planner
        yield Finding(
            check="unused_index",
            severity=Severity.NOTICE if is_long else Severity.INFO,
            object=ObjectName("index", root.name, root.schema),
            summary="The index {index} of {table} takes {size} and was not used in {window}.",
            advice=(
                "Drop {index} if no replica and no rare job needs it, and keep its definition."
                if is_long
                else "Keep {index}: its statistics may serve the planner without a scan."
                if informs_planner
                else "Nothing to do yet: look again when scans have been counted for {days} days."
            ),
            facts=(
                Fact("index", root.name, Unit.TEXT),
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("size", size, Unit.BYTES),
                Fact("window", window, Unit.SECONDS) if window is not None else Fact("window", "unknown", Unit.PHRASE),
                Fact("days", window_days),
                Fact("sql", root.sql, Unit.TEXT),
            ),
            burden=size / all_bytes,
            remedy=drop_index.remedy(root) if is_long and not root.is_partitioned else None,
        )


def _seconds_counted(snapshot: Snapshot, family: tuple[Index, ...]) -> float | None:
    """How long scans of all of them were counted: of an index since its own reset, where that is known."""
    clock, whole = snapshot.header.clock, seconds_counted(snapshot)
    spans = [seconds_between(index.stats_reset, clock) if index.stats_reset else whole for index in family]
    known = [span for span in spans if span is not None]
    return min(known) if len(known) == len(spans) else None


def _families(snapshot: Snapshot) -> dict[int, tuple[Index, ...]]:
    """By the oid of each index that is no partition of another: itself and all of its partitions."""
    by_oid = {index.oid: index for index in snapshot.indexes}
    families: dict[int, list[Index]] = {}
    for index in snapshot.indexes:
        root = index
        while root.parent in by_oid:
            root = by_oid[root.parent]
        families.setdefault(root.oid, []).append(index)
    return {oid: tuple(family) for oid, family in families.items()}
