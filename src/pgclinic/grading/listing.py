"""Every statement, table and index of a snapshot with the figures that people compare them by."""

from collections.abc import Iterator

from pgclinic.grading.percentiles import one_percentile_ms
from pgclinic.model.catalog import Index
from pgclinic.model.listing import IndexLine, StatementLine, TableLine
from pgclinic.model.names import RelationName
from pgclinic.model.room import most_pages
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import heap_bytes, known_rows, stored
from pgclinic.sizes import index_pages
from pgclinic.sql.counted import counted

_P95 = 0.95
_LONGEST_TEXT = 500
_KINDS = {"r": "table", "m": "materialized view"}


def statement_lines(snapshot: Snapshot) -> tuple[StatementLine, ...]:
    """The workload, the most time first."""
    workload, page = counted(snapshot.statements), snapshot.server.block_size
    return tuple(
        StatementLine(
            fingerprint=each.fingerprint,
            text=each.text[:_LONGEST_TEXT],
            verb=each.verb,
            role=each.role,
            calls=each.calls,
            rows=each.rows,
            total_ms=each.total_ms,
            share=each.total_ms / workload.total_ms if workload.total_ms else 0.0,
            mean_ms=each.mean_ms,
            max_ms=each.max_ms,
            p95_ms=one_percentile_ms(each, _P95),
            read_bytes=each.shared_blks_read * page,
            spilled_bytes=each.temp_blks_written * page,
            cache_hit=1 - each.shared_blks_read / each.shared_blks if each.shared_blks else None,
            is_cut=len(each.text) > _LONGEST_TEXT,
        )
        for each in workload.statements
    )


def table_lines(snapshot: Snapshot) -> tuple[TableLine, ...]:
    """The tables that hold rows themselves, partitions apart, the largest first."""
    lines = _tables(snapshot)
    return tuple(sorted(lines, key=lambda line: (-line.total_bytes, line.name)))


def index_lines(snapshot: Snapshot) -> tuple[IndexLine, ...]:
    """The indexes that hold entries themselves, the largest first."""
    lines = [_index(snapshot, each) for each in snapshot.indexes if not each.is_partitioned]
    return tuple(sorted(lines, key=lambda line: (-line.bytes, line.name)))


def _tables(snapshot: Snapshot) -> Iterator[TableLine]:
    tables = stored(snapshot)
    sizes = {each.oid: heap_bytes(snapshot, each) for each in tables}
    whole = sum(sizes[each.oid] + (each.index_bytes or 0) + (each.toast_bytes or 0) for each in tables)
    for each in tables:
        counters = snapshot.counters_of.get(each.oid)
        heap, rows = sizes[each.oid], known_rows(snapshot, each)
        dead = counters.n_dead_tup if counters else None
        needed = most_pages(snapshot, each, rows + (dead or 0)) if each.tuples >= 0 else None
        total = heap + (each.index_bytes or 0) + (each.toast_bytes or 0)
        yield TableLine(
            name=each.relation_name,
            kind=_KINDS[each.kind],
            rows=rows,
            heap_bytes=heap,
            index_bytes=each.index_bytes or 0,
            toast_bytes=each.toast_bytes or 0,
            share=total / whole if whole else 0.0,
            indexes=len(snapshot.indexes_of.get(each.oid, ())),
            seq_scans=counters.seq_scan if counters else None,
            index_scans=counters.idx_scan if counters else None,
            dead_rows=dead,
            dead_share=dead / (rows + dead) if dead is not None and rows + dead else None,
            empty_share=_empty(heap, needed, snapshot.server.block_size),
            vacuumed_at=max(filter(None, (counters.last_vacuum, counters.last_autovacuum)), default=None)
            if counters
            else None,
            analysed_at=max(filter(None, (counters.last_analyze, counters.last_autoanalyze)), default=None)
            if counters
            else None,
        )


def _index(snapshot: Snapshot, index: Index) -> IndexLine:
    table = snapshot.relation_by_oid[index.relation]
    page = snapshot.server.block_size
    size = index.bytes if index.bytes is not None else index.pages * page
    fresh = index_pages(snapshot, table, index.definition) if table.tuples > 0 and index.is_valid else None
    return IndexLine(
        name=RelationName(index.schema, index.name),
        table=table.relation_name,
        method=index.definition.method,
        sql=index.sql,
        bytes=size,
        scans=index.scans,
        scanned_at=index.last_scan,
        is_valid=index.is_valid,
        enforces="primary key" if index.is_primary else "unique" if index.definition.is_unique else index.constraint,
        empty_share=_empty(size, fresh, page),
    )


def _empty(size: int, needed: float | None, page: int) -> float | None:
    """What of ``size`` bytes is not needed, 0 to 1; None where that is not known."""
    if needed is None or not size:
        return None
    return max(0.0, 1 - needed * page / size)
