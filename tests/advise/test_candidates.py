"""Which candidates a statement has: by its form, the catalog and the limits."""

import pytest

from pgclinic.advise.candidates import candidates
from pgclinic.advise.limits import Limits
from pgclinic.model.catalog import Column, Policy, Relation
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import FORMAT_VERSION, Header, Server, Snapshot
from pgclinic.model.statistics import ColumnStatistics
from pgclinic.model.workload import ParameterSet
from pgclinic.sql import quote
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.shape import shape_of


@pytest.mark.parametrize(
    ("server", "type_name", "collation", "expected"),
    [
        ({"collation": "C"}, "text", "", {""}),
        ({"collation": "en_US.UTF-8"}, "text", "", {"", "text_pattern_ops"}),
        ({"collation": "en_US.UTF-8"}, "character varying(20)", "", {"", "varchar_pattern_ops"}),
        ({"collation": "en_US.UTF-8"}, "text", 'pg_catalog."C"', {""}),
        ({"collation": "C"}, "text", 'pg_catalog."en-x-icu"', {"", "text_pattern_ops"}),
        ({"collation": "en_US.UTF-8", "locale_provider": "b"}, "text", "", {""}),
        ({"collation": "C", "locale_provider": "i"}, "text", "", {"", "text_pattern_ops"}),
        ({"collation": "en_US.UTF-8"}, "integer", "", {""}),
    ],
)
def test_a_prefix_is_found_by_bytes(server: dict[str, str], type_name: str, collation: str, expected: set[str]) -> None:
    snapshot = Snapshot(
        header=Header(format_version=FORMAT_VERSION, collector="test", clock="2026-01-01T00:00:00+00:00"),
        server=Server(version_num=180000, version="18.0", database="d", **server),
        relations=(Relation(oid=1, schema="public", name="t", kind="r", owner="o"),),
        columns=(Column(relation=1, number=1, name="s", type=type_name, collation=collation),),
    )
    found = candidates(shape_of("select * from t where s like 'x%'", resolver_of(snapshot)), snapshot)
    assert {definition.keys[0].opclass for definition in found} == expected


def a_table(
    *columns: tuple[str, str], rows: float = 1e6, pages: int = 20_000, role: str = "", **more: object
) -> Snapshot:
    """A table ``t`` with these columns; each has ten values, ``common`` ones and ``rare`` ones."""
    return Snapshot(
        header=Header(format_version=FORMAT_VERSION, collector="test", clock="2026-01-01T00:00:00+00:00"),
        server=Server(version_num=180000, version="18.0", database="d"),
        relations=(
            Relation(
                oid=1, schema="public", name="t", kind="r", owner="o", tuples=rows, pages=pages, row_security=bool(role)
            ),
        ),
        columns=tuple(
            Column(relation=1, number=number, name=name, type=kind)
            for number, (name, kind) in enumerate(columns, start=1)
        ),
        column_statistics=tuple(
            ColumnStatistics(
                relation=1,
                column=name,
                avg_width=8,
                n_distinct=10,
                most_common_vals="{common,rare}",
                most_common_freqs=(0.9, 0.01),
                null_frac=0.02,
            )
            for name, _ in columns
        ),
        **more,
    )


def found(sql: str, snapshot: Snapshot, *, seen: tuple[str, ...] = (), role: str = "", **limits: object) -> list[str]:
    definitions = candidates(
        shape_of(sql, resolver_of(snapshot, role)),
        snapshot,
        limits=Limits(**limits),
        parameters=[ParameterSet((value,)) for value in seen],
    )
    return [quote.create_index(each, "i").partition(" on public.t ")[2] for each in definitions]


ABC = (("a", "integer"), ("b", "integer"), ("c", "text"), ("d", "timestamp with time zone"))
BTREE = frozenset({"btree"})


def test_both_orders_of_two_compared_columns_and_what_is_only_read_behind() -> None:
    sql = "select c from t where a = 1 and b > 2"
    assert set(found(sql, a_table(*ABC), max_width=2, kinds=BTREE)) == {
        *("(a)", "(b)", "(a, b)", "(b, a)", "(a, c)", "(b, c)")
    }


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select * from t where a = 1 and b = 2 and c = 'x' order by d", "(a, b, c, d)"),
        ("select * from t where a = 1 order by b desc, c desc", "(a, b, c)"),
        ("select * from t where a = 1 order by b desc, c", "(a, b, c desc)"),
        ("select * from t where a = 1 order by b nulls first", "(a, b nulls first)"),
        ("select a, max(b) from t group by a", "(a, b)"),
        ("select distinct a, b from t", "(a, b)"),
        (
            "select * from (select *, rank() over (partition by a order by d desc) as n from t) s where n = 1",
            "(a, d desc)",
        ),
        ("select * from t as x join t as y on x.a = y.b where y.c = 'x'", "(b, c)"),
        ("select * from t where exists (select from t as u where u.b = t.a and u.c = 'x')", "(b, c)"),
        ("with w as (select * from t) select * from w where a in (select b from t)", "(b)"),
        ("update t set c = 'x' where a = 1 and b = 2", "(a, b)"),
        ("delete from t using t as u where t.a = u.b", "(a)"),
        ("select extract(year from d), count(*) from t group by 1", "(d)"),
        ("select * from t where a + 5 > b", "(a)"),
    ],
)
def test_b_trees_follow_the_statement(sql: str, expected: str) -> None:
    assert expected in found(sql, a_table(*ABC), kinds=BTREE)


def test_a_statement_with_twenty_compared_columns_has_a_bounded_number() -> None:
    columns = [(f"c{number}", "integer") for number in range(20)]
    sql = f"select * from t where {' and '.join(f'{name} = {place}' for place, (name, _) in enumerate(columns))}"
    every = found(sql, a_table(*columns))
    assert 100 < len(every) <= 450
    assert {f"({name})" for name, _ in columns} <= set(every)
    assert every == found(sql, a_table(*columns))


def test_the_limits_are_kept() -> None:
    sql = "select c from t where a = 1 and b = 2 and lower(c) = 'x' and d is null order by d"
    snapshot = a_table(*ABC)
    narrow = found(sql, snapshot, max_width=1)
    assert narrow
    assert all("," not in each.partition(")")[0] for each in narrow)
    assert not [each for each in found(sql, snapshot, kinds=BTREE) if "where" in each or "lower" in each]
    assert [each for each in found(sql, snapshot, kinds=frozenset({"partial"})) if "lower" in each] == []
    assert found(sql, snapshot, excluded=frozenset({RelationName("public", "t")})) == []


@pytest.mark.parametrize(("rows", "pages", "wins"), [(50, 1, False), (-1, 0, True), (5000, 60, True)])
def test_a_table_of_one_page_gets_nothing(rows: float, pages: int, *, wins: bool) -> None:
    assert bool(found("select * from t where a = 1", a_table(*ABC, rows=rows, pages=pages))) is wins


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ((), []),
        (("rare", "rare", "common"), ["(a) where c = 'rare'"]),
        (("common",), []),
        (("in no statistics, so confidential",), []),
    ],
)
def test_a_rare_value_that_was_seen_is_worth_an_index(seen: tuple[str, ...], expected: list[str]) -> None:
    sql = "select b, d from t where c = $1 and a > b"
    partial = found(sql, a_table(*ABC), seen=seen, kinds=frozenset({"partial"}))
    assert [each for each in partial if each.startswith("(a) ")] == expected


def test_an_arm_of_or_has_its_own_rows() -> None:
    sql = "select a from t where (c = 'rare' and a = 1) or (b = 2 and d > now())"
    partial = found(sql, a_table(*ABC), kinds=frozenset({"partial"}))
    assert "(a) where c = 'rare'" in partial
    assert not [each for each in partial if "(b) where c" in each or "(d) where c" in each]


def test_what_row_level_security_asks_is_searched() -> None:
    using = "(b = (current_setting('app.tenant'::text))::integer)"
    snapshot = a_table(*ABC, role="app", policies=(Policy(relation=1, name="p", command="ALL", using=using),))
    sql = "select c from t where a = 1"
    assert "(a, b)" in found(sql, snapshot, role="app")
    assert "(a, b)" not in found(sql, snapshot, role="o")


@pytest.mark.parametrize("kind", ["gin", "gist", "hash", "brin", "partial", "expression"])
def test_a_statement_of_plain_comparisons_has_only_b_trees(kind: str) -> None:
    sql = "select a, b from t where a = $1 and b < $2 order by d"
    assert found(sql, a_table(*ABC), kinds=frozenset({kind})) == []
