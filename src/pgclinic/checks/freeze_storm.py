"""Many large tables will have to be frozen at the same time, soon.

What it sees:
    Tables older than `near_share` of autovacuum_freeze_max_age whose ages lie within `close_share` of it of each other:
    at least `min_tables` of them, with at least `min_bytes` and `storm_share` of the bytes of all tables.

Why it matters:
    When they pass the limit, autovacuum must read each of them to the end, whatever else there is to do, and it does
    not give way to locks then. Tables that were loaded together grow old together.

What to do:
    VACUUM (FREEZE) the largest ones by hand, one by one, in quiet hours before that. For tables that only grow,
    lower autovacuum_freeze_max_age per table, to different values.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.settings import known
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import heap_bytes, stored

FAMILY = "storage"
NEEDS = ("relations", "settings", "relation_sizes")


def examine(
    snapshot: Snapshot,
    *,
    near_share: float = 0.85,
    close_share: float = 0.05,
    min_tables: int = 5,
    min_bytes: int = 20 << 30,
    storm_share: float = 0.3,
) -> Iterator[Finding]:
    """The database, when a storm is coming."""
    limit = known(snapshot, "autovacuum_freeze_max_age")
    if not limit:
        return
    tables = stored(snapshot)
    near = [table for table in tables if (table.frozen_xid_age or 0) >= near_share * limit]
    highest = max((table.frozen_xid_age or 0 for table in near), default=0)
    together = [table for table in near if highest - (table.frozen_xid_age or 0) <= close_share * limit]
    size = sum(heap_bytes(snapshot, table) for table in together)
    all_bytes = sum(heap_bytes(snapshot, table) for table in tables)
    if len(together) < min_tables or size < min_bytes or size < storm_share * all_bytes:
        return
    largest = max(together, key=lambda table: (heap_bytes(snapshot, table), table.oid))
    yield Finding(
        check="freeze_storm",
        severity=Severity.NOTICE,
        object=ObjectName("database", snapshot.server.database),
        summary="{tables} tables with {size} will have to be frozen at the same time; they are {age} transactions old.",
        advice="VACUUM (FREEZE) the largest by hand before, one by one, beginning with {largest}.",
        facts=(
            Fact("tables", len(together)),
            Fact("size", size, Unit.BYTES),
            Fact("age", highest),
            Fact("limit", limit),
            Fact("largest", str(largest.relation_name), Unit.TEXT),
        ),
        burden=size / all_bytes,
    )
