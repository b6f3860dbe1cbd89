"""Where the time and the space of a database go: the largest by name, the rest as sums."""

from collections.abc import Iterator, Mapping

from pgclinic.model.catalog import Relation
from pgclinic.model.names import RelationName
from pgclinic.model.overview import Overview, StatementTime, TableSize, TableTime
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import heap_bytes, known_rows, stored
from pgclinic.sql.counted import CountedStatement, counted
from pgclinic.sql.mentions import mentions
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.statements import UnreadableSqlError

MOST_STATEMENTS = 20
MOST_TABLES = 60
_MOST_READ = 500
"""Of the statements, the heaviest are read for their tables."""
_LONGEST_TEXT = 4_000
_DEEPEST_VIEW = 20


def overview(snapshot: Snapshot) -> Overview:
    """The statements by time, the tables by time and by size; partitions count as their whole table."""
    workload = counted(snapshot.statements)
    named, others = workload.statements[:MOST_STATEMENTS], workload.statements[MOST_STATEMENTS:]
    times = sorted(_times(snapshot, workload.statements[:_MOST_READ]).items(), key=lambda item: (-item[1], item[0]))
    sizes = sorted(_sizes(snapshot), key=lambda size: (-size.total_bytes, size.table))
    counters = snapshot.database_counters
    return Overview(
        since=(counters.stats_reset if counters else None) or snapshot.server.started_at or "",
        total_ms=workload.total_ms,
        unreadable_ms=workload.unreadable_ms,
        statements=tuple(_statement(statement) for statement in named),
        other_statements=len(others),
        other_statements_ms=sum(statement.total_ms for statement in others),
        times=tuple(TableTime(table=table, total_ms=ms) for table, ms in times[:MOST_STATEMENTS]),
        other_times=len(times[MOST_STATEMENTS:]),
        other_times_ms=sum(ms for _, ms in times[MOST_STATEMENTS:]),
        sizes=tuple(sizes[:MOST_TABLES]),
        other_sizes=len(sizes[MOST_TABLES:]),
        other_sizes_bytes=sum(size.total_bytes for size in sizes[MOST_TABLES:]),
    )


def _statement(statement: CountedStatement) -> StatementTime:
    text = statement.text if len(statement.text) <= _LONGEST_TEXT else statement.text[:_LONGEST_TEXT] + "…"
    return StatementTime(
        fingerprint=statement.fingerprint, text=text, calls=statement.calls, total_ms=statement.total_ms
    )


def _times(snapshot: Snapshot, statements: tuple[CountedStatement, ...]) -> dict[RelationName, float]:
    """Time by table: a statement's is divided among the tables that it names, by the pages asked of each."""
    tables = _Tables(snapshot)
    pages = _pages(snapshot)
    times: dict[RelationName, float] = {}
    for statement in statements:
        used = sorted({_root(snapshot, table).relation_name for table in tables.of(statement.text)})
        asked = sum(pages.get(name, 0) for name in used)
        for name in used:
            share = pages.get(name, 0) / asked if asked else 1 / len(used)
            times[name] = times.get(name, 0.0) + statement.total_ms * share
    return {name: ms for name, ms in times.items() if ms > 0}


class _Tables:
    """Which stored tables statements name, through views too; each view is read once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.resolve = resolver_of(snapshot)
        self.behind: dict[int, tuple[Relation, ...]] = {}

    def of(self, sql: str, depth: int = 0) -> tuple[Relation, ...]:
        try:
            names = sorted(mentions(sql).relations)
        except UnreadableSqlError:
            return ()
        return tuple(table for schema, name in names for table in self.called(schema, name, depth))

    def called(self, schema: str, name: str, depth: int) -> Iterator[Relation]:
        found = self.resolve(schema, name)
        relation = self.snapshot.relation_by_name.get(found.name) if found else None
        if relation is None:
            return
        if relation.kind != "v":
            yield relation
        elif depth < _DEEPEST_VIEW:
            if relation.oid not in self.behind:
                self.behind[relation.oid] = self.of(relation.definition or "", depth + 1)
            yield from self.behind[relation.oid]


def _pages(snapshot: Snapshot) -> Mapping[RelationName, int]:
    """Pages that anything asked for of each table, its indexes and its TOAST, since the counters began."""
    pages: dict[RelationName, int] = {}
    for table in stored(snapshot):
        counters = snapshot.counters_of.get(table.oid)
        if counters is not None:
            name = _root(snapshot, table).relation_name
            own = counters.heap_blks_hit + counters.heap_blks_read + counters.idx_blks_hit + counters.idx_blks_read
            pages[name] = pages.get(name, 0) + own + counters.toast_blks_hit + counters.toast_blks_read
    return pages


def _sizes(snapshot: Snapshot) -> list[TableSize]:
    groups: dict[RelationName, list[Relation]] = {}
    for table in stored(snapshot):
        groups.setdefault(_root(snapshot, table).relation_name, []).append(table)
    sizes = [
        TableSize(
            table=name,
            heap_bytes=sum(heap_bytes(snapshot, table) for table in group),
            index_bytes=sum(table.index_bytes or 0 for table in group),
            toast_bytes=sum(table.toast_bytes or 0 for table in group),
            rows=sum(known_rows(snapshot, table) for table in group),
        )
        for name, group in groups.items()
    ]
    return [size for size in sizes if size.total_bytes > 0]


def _root(snapshot: Snapshot, table: Relation) -> Relation:
    """The partitioned table at the top of a partition; any other table itself."""
    seen = {table.oid}
    while table.is_partition and table.parents:
        parent = snapshot.relation_by_oid.get(table.parents[0])
        if parent is None or parent.oid in seen:
            break
        table = parent
        seen.add(parent.oid)
    return table
