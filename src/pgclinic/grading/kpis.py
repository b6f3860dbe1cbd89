"""The key figures beside the grade, with their targets."""

from pgclinic.grading.percentiles import percentile_ms
from pgclinic.model.checkup import Kpi
from pgclinic.model.evidence import Provenance, Unit
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, stored
from pgclinic.sql.counted import counted

_LARGE_ROWS = 10_000
"""A smaller table is rightly read from end to end."""


def kpis(snapshot: Snapshot) -> tuple[Kpi, ...]:
    """Six figures, always in the same order; the value is None where it could not be had."""
    return (
        *(_latency(snapshot, share, target) for share, target in ((0.50, 20), (0.95, 50), (0.99, 100))),
        _share("cache_hit", _cache_hit(snapshot), 0.95, higher_is_better=True),
        _share("dead_rows", _dead_rows(snapshot), 0.05, higher_is_better=False),
        _share("index_scans", _index_scans(snapshot), 0.90, higher_is_better=True),
    )


def _latency(snapshot: Snapshot, share: float, target: float) -> Kpi:
    return Kpi(
        name=f"p{round(100 * share)}",
        value=percentile_ms(counted(snapshot.statements).statements, share),
        unit=Unit.MILLISECONDS,
        target=target,
        higher_is_better=False,
        provenance=Provenance.ESTIMATED,
    )


def _share(name: str, value: float | None, target: float, *, higher_is_better: bool) -> Kpi:
    return Kpi(
        name=name,
        value=value,
        unit=Unit.RATIO,
        target=target,
        higher_is_better=higher_is_better,
        provenance=Provenance.MEASURED,
    )


def _cache_hit(snapshot: Snapshot) -> float | None:
    """Of the pages that applications asked for; without their statements, of those that anyone did."""
    workload, counters = counted(snapshot.statements), snapshot.database_counters
    pages, read = workload.shared_blks, workload.shared_blks_read
    if not pages and counters:
        pages, read = counters.blks_hit + counters.blks_read, counters.blks_read
    return 1 - read / pages if pages else None


def _dead_rows(snapshot: Snapshot) -> float | None:
    live = sum(known_rows(snapshot, table) for table in stored(snapshot))
    dead = sum(counters.n_dead_tup for counters in snapshot.table_counters)
    return dead / (live + dead) if snapshot.sees("table_counters") and live + dead else None


def _index_scans(snapshot: Snapshot) -> float | None:
    """Of all scans of large tables, those that went through an index."""
    large = [table.oid for table in stored(snapshot) if known_rows(snapshot, table) >= _LARGE_ROWS]
    counters = [snapshot.counters_of[oid] for oid in large if oid in snapshot.counters_of]
    by_index = sum(one.idx_scan for one in counters)
    scans = by_index + sum(one.seq_scan for one in counters)
    return by_index / scans if scans else None
