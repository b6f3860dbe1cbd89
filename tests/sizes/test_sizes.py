"""Estimated sizes of B-trees against really built ones, on TPC-H's data, and what the estimates are made of."""

import math
from typing import TYPE_CHECKING

import msgspec
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tpch
from pgclinic.advise.candidates import candidates
from pgclinic.advise.limits import Limits
from pgclinic.model.catalog import Column, Index, IndexDefinition, IndexKey, Relation
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Header, Server, Snapshot
from pgclinic.model.statistics import ColumnStatistics, ExtendedStatistics
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.sizes import Known, build_seconds, index_pages
from pgclinic.sql import quote
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.shape import shape_of
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from conftest import Database

NAME = RelationName("public", "t")
ROWS = 1_000_000


def snapshot_of(*columns: tuple[str, str, ColumnStatistics], pages: int = 10_000) -> Snapshot:
    """A table ``t`` of a million rows with these columns: name, type, statistics."""
    table = Relation(oid=1, schema="public", name="t", kind="r", owner="o", pages=pages, tuples=ROWS)
    return Snapshot(
        header=Header(format_version=1, collector="test", clock="2026-01-01T00:00:00+00:00"),
        server=Server(version_num=180000, version="18", database="d"),
        relations=(table,),
        columns=tuple(
            Column(relation=1, number=number, name=name, type=type_name)
            for number, (name, type_name, _) in enumerate(columns, 1)
        ),
        column_statistics=tuple(
            msgspec.structs.replace(statistics, relation=1, column=name) for name, _, statistics in columns
        ),
    )


def statistics(distinct: float, width: int = 4, **more: object) -> ColumnStatistics:
    return msgspec.convert(
        {"record": "column_statistics", "relation": 1, "column": "", "n_distinct": distinct, "avg_width": width} | more,
        ColumnStatistics,
    )


def on(*names: str, **more: object) -> IndexDefinition:
    return IndexDefinition(NAME, tuple(IndexKey(name) for name in names), **more)  # type: ignore[arg-type]


def pages_of(snapshot: Snapshot, definition: IndexDefinition, known: Known | None = None) -> int:
    return index_pages(snapshot, snapshot.relations[0], definition, known or Known())


def test_unique_integers_take_366_rows_a_page() -> None:
    snapshot = snapshot_of(("a", "integer", statistics(-1)))
    assert pages_of(snapshot, on("a")) == 2745  # as many as PostgreSQL makes


def test_equal_keys_are_merged_but_not_where_equal_is_not_identical_or_columns_are_included() -> None:
    integers = snapshot_of(("a", "integer", statistics(1000)), ("b", "integer", statistics(-1)))
    numerics = snapshot_of(("a", "numeric(10,2)", statistics(1000, 6)))
    assert pages_of(integers, on("a")) < 900
    assert pages_of(integers, on("a", options=("deduplicate_items=off",))) > 2700
    assert pages_of(integers, on("a", include=("b",))) > 2700
    assert pages_of(numerics, on("a")) > 2700


@pytest.mark.parametrize(("buckets", "built"), [(600, 646), (700, 961), (1100, 1282), (1300, 1631), (1700, 2050)])
def test_hash_buckets_that_are_not_split_yet_overflow(buckets: int, built: int) -> None:
    snapshot = snapshot_of(("a", "integer", statistics(-1)))
    table = msgspec.structs.replace(snapshot.relations[0], tuples=float(buckets * 307 - 50))
    # ``built`` is what PostgreSQL 18 made of so many different integers.
    assert index_pages(snapshot, table, on("a", method="hash")) == pytest.approx(built, rel=0.01)


def test_padded_characters_are_merged_as_other_texts_are() -> None:
    status = statistics(5, 11, most_common_vals="{a,b,c,d,e}", most_common_freqs=[0.2] * 5)
    padded, text = snapshot_of(("a", "character(10)", status)), snapshot_of(("a", "text", status))
    assert pages_of(padded, on("a")) == pages_of(text, on("a")) < 900


@pytest.mark.server
def test_whether_padded_characters_are_merged_is_as_the_server_has_it(database_on_each: "Database") -> None:
    database_on_each.execute(
        "create table t as select (n % 25)::text::char(10) as a from generate_series(1, 50000) as n"
    )
    database_on_each.execute("analyze t")
    with open_session(database_on_each.conninfo) as connection:
        snapshot = drive(collect(connection))
    database_on_each.execute("create index built on t (a)")
    [(pages,)] = database_on_each.execute("select pg_relation_size('built') / current_setting('block_size')::int")
    (table,) = (each for each in snapshot.relations if each.name == "t")
    assert index_pages(snapshot, table, on("a"), Known()) == pytest.approx(pages, rel=0.1)


def test_char_lengths_count_with_their_padding() -> None:
    short = statistics(-1, 9, histogram_bounds="{" + ",".join(f"a{n:07}" for n in range(100)) + "}")
    assert pages_of(snapshot_of(("a", "character(8)", short)), on("a")) == pytest.approx(ROWS / (7325 // 28), rel=0.01)


def test_extended_statistics_know_how_many_combinations_there_are() -> None:
    columns = [("a", "integer", statistics(5000)), ("b", "integer", statistics(5000))]
    independent = snapshot_of(*columns)
    told = msgspec.structs.replace(
        independent,
        extended_statistics=(
            ExtendedStatistics(relation=1, schema="public", name="s", sql="", n_distinct='{"1, 2": 5000}'),
        ),
    )
    assert pages_of(told, on("b", "a")) < 0.45 * pages_of(independent, on("b", "a"))


def test_columns_that_follow_the_rows_order_change_together() -> None:
    apart = snapshot_of(("a", "date", statistics(2000)), ("b", "date", statistics(2000)))
    together = snapshot_of(
        ("a", "date", statistics(2000, correlation=1.0)), ("b", "date", statistics(2000, correlation=-0.999))
    )
    assert pages_of(together, on("a", "b")) < 0.45 * pages_of(apart, on("a", "b"))


def test_a_unique_pair_bounds_how_often_its_first_column_repeats() -> None:
    snapshot = snapshot_of(
        ("a", "integer", statistics(50_000)),
        ("b", "integer", statistics(4, most_common_vals="{1,2,3,4}", most_common_freqs=[0.25, 0.25, 0.25, 0.25])),
    )
    key = Index(oid=2, relation=1, schema="public", name="k", sql="", definition=on("a", "b", is_unique=True))
    bound = msgspec.structs.replace(snapshot, indexes=(key,))
    assert pages_of(bound, on("a")) > 1.3 * pages_of(snapshot, on("a"))


def test_partial_indexes_are_as_large_as_their_share() -> None:
    snapshot = snapshot_of(("a", "integer", statistics(-1)))
    whole = pages_of(snapshot, on("a"))
    assert pages_of(snapshot, on("a", predicate="a > 5"), Known(selectivity=0.25)) == pytest.approx(whole / 4, rel=0.03)
    assert pages_of(snapshot, on("a", predicate="a > 5"), Known(selectivity=0)) == 1


@pytest.mark.parametrize("method", ["btree", "hash", "gin", "gist", "spgist", "brin"])
def test_every_kind_has_a_size_and_a_duration_whatever_is_known(method: str) -> None:
    for kind in ("integer", "text", "jsonb", "integer[]", "tsvector", "point", "int4range", "no such type"):
        for known in (statistics(0, 0), statistics(-1, 40), statistics(3, 4, null_frac=1.0)):
            for pages in (0, 10_000):
                snapshot = snapshot_of(("a", kind, known), pages=pages)
                definition = on("a", method=method)
                assert pages_of(snapshot, definition) >= 1
                assert build_seconds(snapshot, snapshot.relations[0], definition) >= 0
    assert index_pages(snapshot_of(), snapshot_of().relations[0], on("a", method=method)) >= 1


def test_larger_tables_take_longer_to_index() -> None:
    snapshot = snapshot_of(("a", "integer", statistics(-1)))
    (table,) = snapshot.relations
    larger = msgspec.structs.replace(table, pages=table.pages * 10, tuples=table.tuples * 10)
    assert 5 < build_seconds(snapshot, larger, on("a")) / build_seconds(snapshot, table, on("a")) < 20


FIGURES = st.sampled_from([0.0, -1.0, 0.3, 5.0, 1e300, -1e300, math.inf, -math.inf, math.nan])
COUNTS = st.sampled_from([0, -1, 1, 5000, 2**31 - 1, -(2**31), 2**62])
LISTS = st.sampled_from([None, "{}", "{a,b}", "{1,2}", "{NULL}", "garbage", '{"{\\"a\\": [1, {}]}"}', "{9e999999,NaN}"])
SHARES = st.one_of(st.none(), st.tuples(FIGURES, FIGURES))


@given(
    figures=st.tuples(FIGURES, FIGURES, FIGURES, FIGURES),
    counts=st.tuples(COUNTS, COUNTS, COUNTS),
    lists=st.tuples(LISTS, LISTS, LISTS),
    shares=SHARES,
    type_name=st.sampled_from(["integer", "text", "jsonb", "integer[]", "tsvector", "point", "int4range", "numeric"]),
    method=st.sampled_from(["btree", "hash", "gin", "gist", "spgist", "brin"]),
    option=st.sampled_from(["fillfactor=0", "fillfactor=\u00b2", "pages_per_range=0", "pages_per_range=" + "9" * 40]),
)
def test_a_snapshot_may_state_anything(
    figures: tuple[float, ...],
    counts: tuple[int, ...],
    lists: tuple[str | None, ...],
    shares: tuple[float, float] | None,
    type_name: str,
    method: str,
    option: str,
) -> None:
    found = ColumnStatistics(
        relation=1,
        column="a",
        null_frac=figures[0],
        n_distinct=figures[1],
        correlation=figures[2],
        avg_width=counts[0],
        most_common_vals=lists[0],
        most_common_freqs=shares,
        histogram_bounds=lists[1],
        most_common_elems=lists[2],
        most_common_elem_freqs=shares,
        elem_count_histogram=shares,
    )
    snapshot = snapshot_of(("a", type_name, found), ("b", type_name, found))
    table = msgspec.structs.replace(
        snapshot.relations[0], tuples=figures[3], pages=counts[1], heap_bytes=counts[2] or None
    )
    for names in (("a",), ("a", "b")):
        definition = on(*names, method=method, options=(option,))
        assert 0 <= index_pages(snapshot, table, definition) < 2**32
        assert 0 <= build_seconds(snapshot, table, definition) < math.inf


@pytest.mark.server
def test_nine_in_ten_of_tpch_candidates_are_within_15_percent_of_what_is_built(database: "Database") -> None:
    with database.connect() as connection:
        queries = tpch.load(connection, scale=0.02)
        # A supplier is one of four for a part: no single column's statistics tell.
        connection.execute("create statistics s (ndistinct) on l_partkey, l_suppkey from lineitem")
        connection.execute("create statistics r (ndistinct) on l_orderkey, l_returnflag from lineitem")
        connection.execute("analyze lineitem")
    with open_session(database.conninfo) as session:
        snapshot = drive(collect(session))
    found: dict[IndexDefinition, None] = {}
    limits = Limits(max_width=2, kinds=frozenset({"btree", "covering"}))
    for query in queries:
        found |= dict.fromkeys(candidates(shape_of(query, resolver_of(snapshot)), snapshot, limits=limits))
    with database.connect() as connection:
        connection.execute("set max_parallel_maintenance_workers = 0")
        ratios = {sql: estimated / built for sql, estimated, built in _built(connection, snapshot, list(found)[::3])}
    assert len(ratios) > 40
    far = sorted((round(ratio, 2), sql) for sql, ratio in ratios.items() if not 1 / 1.15 < ratio < 1.15)
    print(len(ratios), far)
    assert len(far) <= len(ratios) / 10, far
    assert all(0.7 <= ratio <= 1.3 for ratio, _ in far), far


def _built(
    connection: psycopg.Connection, snapshot: Snapshot, definitions: list[IndexDefinition]
) -> list[tuple[str, int, int]]:
    """Statement, estimated and real pages of those that are no mere handful of pages."""
    found = []
    for definition in definitions:
        relation = snapshot.relation_by_name[definition.relation]
        estimated = index_pages(snapshot, relation, definition)
        if estimated < 15:
            continue
        sql = quote.create_index(definition, "really")
        connection.execute(sql)
        ((pages,),) = connection.execute("select pg_relation_size('really') / 8192").fetchall()
        connection.execute("drop index really")
        found.append((sql, estimated, pages))
    return found
