"""A table pays for many indexes at each write and seldom reads by them.

What it sees:
    Tables where at least `many` valid indexes without a duty were scanned, but so seldom that `writes_per_scan` entries
    were written for each scan, in at least `window_days` days since the statistics were reset, with at least
    `min_writes` row versions written. As many as there are rows do not count, because a table may just have been
    loaded, nor do updates that needed no new index entry (HOT). Indexes that enforce something, support a foreign key
    or were never scanned are left out: the last are unused_index's.

Why it matters:
    Each new row version writes an entry to every index, reads a page of each for that, and logs it. A few indexes
    that are hardly ever read can double the time of an insert.

What to do:
    Look at what the few scans are for. Drop what is used once a month, or make one index out of several.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Index
from pgclinic.model.clock import DAY, seconds_counted
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.indexes import has_a_duty
from pgclinic.model.indexes import size as bytes_of
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, stored, table_object

FAMILY = "indexes"
NEEDS = ("indexes", "constraints", "table_counters", "database_counters")


def examine(
    snapshot: Snapshot,
    *,
    many: int = 5,
    writes_per_scan: float = 1_000,
    min_writes: int = 100_000,
    window_days: float = 7,
) -> Iterator[Finding]:
    """Tables with more indexes than their reads are worth, in the order of the catalog."""
    window = seconds_counted(snapshot)
    if window is None or window < window_days * DAY:
        return
    all_bytes = sum(bytes_of(snapshot, index) for index in snapshot.indexes)
    for table in stored(snapshot):
        counters = snapshot.counters_of.get(table.oid)
        written = counters.n_tup_ins + counters.n_tup_upd - counters.n_tup_hot_upd if counters else 0
        writes = written - round(known_rows(snapshot, table))
        if writes < min_writes:
            continue
        indexes = snapshot.indexes_of.get(table.oid, ())
        seldom = [index for index in indexes if _is_seldom_read(snapshot, index, writes / writes_per_scan)]
        if len(seldom) < many:
            continue
        scans = sum(index.scans or 0 for index in seldom)
        size = sum(bytes_of(snapshot, index) for index in seldom)
        yield Finding(
            check="over_indexed_table",
            severity=Severity.NOTICE,
            object=table_object(table),
            summary="{table} wrote {writes} rows to {indexes} indexes that were read {scans} times in {window}.",
            advice="See what those scans of {table} are for, and drop or join the indexes that are not worth it.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("writes", writes),
                Fact("indexes", len(seldom)),
                Fact("names", ", ".join(index.name for index in seldom), Unit.TEXT),
                Fact("scans", scans),
                Fact("size", size, Unit.BYTES),
                Fact("window", window, Unit.SECONDS),
            ),
            burden=size / max(all_bytes, 1),
        )


def _is_seldom_read(snapshot: Snapshot, index: Index, most_scans: float) -> bool:
    scans = index.scans or 0
    return index.is_valid and 0 < scans <= most_scans and not has_a_duty(snapshot, index)
