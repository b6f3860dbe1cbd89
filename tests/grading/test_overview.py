"""Where time and space go, of snapshots made by hand."""

from pgclinic.grading.overview import MOST_STATEMENTS, MOST_TABLES, overview
from pgclinic.model.catalog import Relation
from pgclinic.model.counters import StatementCounters, TableCounters
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Header, Server, Snapshot


def _relation(oid: int, name: str, kind: str = "r", **more: object) -> Relation:
    return Relation(oid=oid, schema="public", name=name, kind=kind, owner="app", **more)


def _statement(number: int, text: str, total_ms: float) -> StatementCounters:
    return StatementCounters(
        queryid=str(number), role="app", text=text, calls=10, total_ms=total_ms, mean_ms=total_ms / 10
    )


def _snapshot(**fields: object) -> Snapshot:
    return Snapshot(
        header=Header(format_version=1, collector="test", clock="2026-11-22T12:00:00+00:00"),
        server=Server(version_num=180_000, version="18.0", database="app", started_at="2026-11-01T00:00:00+00:00"),
        **fields,
    )


def test_a_statements_time_is_divided_among_its_tables_by_the_pages_asked_of_each() -> None:
    seen = overview(
        _snapshot(
            relations=(
                _relation(1, "orders"),
                _relation(2, "items"),
                _relation(3, "pairs", "v", definition=" SELECT 1 FROM orders o JOIN items i ON true;"),
            ),
            table_counters=(
                TableCounters(relation=1, heap_blks_hit=200, idx_blks_hit=100),
                TableCounters(relation=2, heap_blks_read=100),
            ),
            statements=(
                _statement(1, "select * from pairs where id = $1", 400),
                _statement(2, "select * from items where id = $1", 100),
                _statement(3, "select pg_sleep($1)", 50),
            ),
        )
    )
    assert {str(each.table): each.total_ms for each in seen.times} == {"orders": 300, "items": 200}
    assert [each.total_ms for each in seen.statements] == [400, 100, 50]
    assert (seen.total_ms, seen.since) == (550, "2026-11-01T00:00:00+00:00")


def test_partitions_count_as_their_whole_table() -> None:
    parts = tuple(
        _relation(oid, f"p{oid}", is_partition=True, parents=(1,), heap_bytes=1000, index_bytes=200, toast_bytes=30)
        for oid in range(2, 5)
    )
    seen = overview(
        _snapshot(
            relations=(_relation(1, "events", "p", partition_key="RANGE (at)"), *parts),
            statements=(_statement(1, "select * from p2 where id = $1", 10),),
        )
    )
    (size,) = seen.sizes
    assert (size.table, size.heap_bytes, size.index_bytes, size.toast_bytes) == (
        RelationName("public", "events"), 3000, 600, 90,
    )  # fmt: skip
    assert [str(each.table) for each in seen.times] == ["events"]


def test_what_is_not_named_is_summed() -> None:
    tables = tuple(_relation(oid, f"t{oid}", heap_bytes=oid * 100) for oid in range(1, MOST_TABLES + 11))
    statements = tuple(
        _statement(number, f"select a{number} from t{number}", number) for number in range(1, MOST_STATEMENTS + 6)
    )
    seen = overview(_snapshot(relations=tables, statements=statements))
    assert (len(seen.sizes), seen.other_sizes, seen.other_sizes_bytes) == (MOST_TABLES, 10, sum(range(1, 11)) * 100)
    assert (len(seen.statements), seen.other_statements, seen.other_statements_ms) == (MOST_STATEMENTS, 5, 15)


def test_nothing_seen_is_nothing_told() -> None:
    seen = overview(_snapshot())
    assert (seen.statements, seen.times, seen.sizes, seen.total_ms) == ((), (), (), 0)
