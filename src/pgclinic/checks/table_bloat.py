"""A table takes much more room than its rows need.

What it sees:
    Tables whose file is at least `min_bytes` larger than the most that their rows, living and dead, can need: with the
    mean widths that ANALYZE learnt (what TOAST moved out does not count), every value padded as badly as can be,
    the null bitmap, the fillfactor, and the room that is left where one more row did not fit. And it is at least
    `bloat_share` of the file. An estimate, so it is never more than a notice, and only said below `heavy_bytes`. What
    `pgclinic checkup --confirm-bloat` has measured (pgstattuple_approx) stands above the estimate: then it is silent
    where the table is full, and a warning from `heavy_bytes` of empty room on.

Why it matters:
    The room is used again for new rows, but sequential scans, backups and the cache pay for it. A table that
    was emptied once and is small now stays as large as it ever was.

What to do:
    Make sure first with `pgclinic checkup --confirm-bloat`. If it is true and the room will not be needed again, VACUUM
    FULL in a maintenance window, or pg_repack (REPACK from server 19 on) without one.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Relation
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.measured_room import MeasuredRoom
from pgclinic.model.room import most_pages
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import heap_bytes, known_rows, option, stored, table_object

FAMILY = "storage"
NEEDS = ("column_statistics", "table_counters", "relation_sizes", "dropped_columns")


def examine(
    snapshot: Snapshot, *, min_bytes: int = 100 << 20, bloat_share: float = 0.5, heavy_bytes: int = 1 << 30
) -> Iterator[Finding]:
    """Tables with much empty room, in the order of the catalog."""
    all_bytes = sum(heap_bytes(snapshot, table) for table in stored(snapshot))
    for table in stored(snapshot):
        counters = snapshot.counters_of.get(table.oid)
        size = heap_bytes(snapshot, table)
        if counters is None or size < min_bytes or table.tuples < 0:
            continue
        measured = snapshot.measured_room_of.get(table.oid)
        rows = _rows(snapshot, table, size) + counters.n_dead_tup
        needed = _estimated(snapshot, table, rows) if measured is None else size - _empty(table, measured)
        if needed is None:
            continue
        empty = size - needed
        if empty < min_bytes or empty < bloat_share * size:
            continue
        yield _finding(
            table, size, needed, rows, is_heavy=empty >= heavy_bytes, share=empty / all_bytes, measured=measured
        )


def _estimated(snapshot: Snapshot, table: Relation, rows: float) -> float | None:
    """Bytes that the rows need at the most."""
    pages = most_pages(snapshot, table, rows)
    return None if pages is None else pages * snapshot.server.block_size


def _empty(table: Relation, measured: MeasuredRoom) -> float:
    """Bytes that are free although the fillfactor would let them be filled."""
    kept_free = 1 - float(option(table, "fillfactor") or 100) / 100
    return max(0.0, measured.free_bytes - kept_free * measured.bytes)


def _finding(
    table: Relation,
    size: int,
    needed: float,
    rows: float,
    *,
    is_heavy: bool,
    share: float,
    measured: MeasuredRoom | None,
) -> Finding:
    source = Provenance.ESTIMATED if measured is None else Provenance.MEASURED
    worse, better = (Severity.NOTICE, Severity.INFO) if measured is None else (Severity.WARNING, Severity.NOTICE)
    return Finding(
        check="table_bloat",
        severity=worse if is_heavy else better,
        object=table_object(table),
        summary=(
            "{table} is {size} large, and its rows need {needed} at the most, by an estimate."
            if measured is None
            else "{table} is {size} large, and all but {needed} of it is empty."
        ),
        advice=(
            "Confirm with checkup --confirm-bloat; then VACUUM FULL {table} in a maintenance window, or pg_repack."
            if measured is None
            else "If the room will not be needed again, VACUUM FULL {table} in a maintenance window, or pg_repack."
        ),
        facts=(
            Fact("table", str(table.relation_name), Unit.TEXT),
            Fact("size", size, Unit.BYTES),
            Fact("needed", needed, Unit.BYTES, source),
            Fact("empty_share", 1 - needed / size, Unit.RATIO, source),
            Fact("rows", rows, provenance=Provenance.ESTIMATED),
        ),
        burden=share,
    )


def _rows(snapshot: Snapshot, table: Relation, size: int) -> float:
    """Living rows at the most: where the file has grown since they were counted, as many on the new pages."""
    grown = size / snapshot.server.block_size / table.pages if table.pages else 1
    return max(known_rows(snapshot, table), table.tuples * grown)
