from collections.abc import Sequence

import pytest

from pgclinic.sql.arrays import parse_array
from pgclinic.sql.binding import bind
from pgclinic.sql.parameters import put_parameters, settle_types
from pgclinic.sql.prepared import call_with_values, statement_in_prepare
from pgclinic.sql.squashing import squash, squashed_numbers
from pgclinic.sql.statements import normalize
from pgclinic.sql.tree import parse_one, written


def round_trip(template: str, sql: str, values: Sequence[str | None] | None = None) -> str:
    """The template with the values that the statement has."""
    found = bind(template, sql, values)
    assert found is not None
    tree = parse_one(template)
    put_parameters(tree, found)
    settle_types(tree)
    return written(tree)


@pytest.mark.parametrize(
    "sql",
    [
        "select a from t where b = 1 and c = 'it''s' and d > -2.5 limit 10",
        "select a - 1, -1, - 1, +1 from t",
        "select date '2026-01-01' + interval '1 day', null, true, 'x'::text",
        "select $$it's$$, E'a\\'b', 'a'\n'b' from t -- a comment 5 'x'",
        "insert into t (a, b) values (1, 'x'), (2, 'y')",
        "update t set a = 1 where b like 'x%' /* 5 */",
        "select a from t where b = array[1, 2] order by 1",
    ],
)
def test_a_statement_comes_back_from_its_normal_form_and_its_values(sql: str) -> None:
    assert round_trip(normalize(sql), sql) == written(parse_one(sql))


def test_values_of_parameters_are_constants_of_unknown_type() -> None:
    assert (
        round_trip("select a from t where b = $1 and c = $2", "select a from t where b = $1 and c = $2", ("1", None))
        == "SELECT a FROM t WHERE b = '1' AND c = NULL"
    )


def test_numbers_follow_the_template_not_the_statement() -> None:
    found = bind("select a from t where b = $2 and c = $1", "SELECT a FROM t where b = 'x' and c = $1;", ("y",))
    assert found is not None
    assert found.values == ("y", "x")


def test_lists_become_as_long_as_they_were() -> None:
    template = "select a from t where b in ($1 /*, ... */) and c = $2 and d = array[$3 /*, ... */]"
    sql = "select a from t where b in (1, -2, 3) and c = 4 and d = array['x', 'y'::text]"
    assert squashed_numbers(template) == {1, 3}
    assert round_trip(template, sql) == "SELECT a FROM t WHERE b IN (1, -2, 3) AND c = 4 AND d = ARRAY['x', 'y']"
    found = bind(template, sql)
    assert found is not None
    assert parse_array(found.values[0] or "") == ("1", "-2", "3")


def test_what_is_not_known_stays_a_parameter_numbered_without_gaps() -> None:
    template = "select a from t where b = $1 and c = $2 and d = $3"
    assert (
        round_trip(template, "select a from t where b = 1 and c = $1 and d = $2")
        == "SELECT a FROM t WHERE b = 1 AND c = $1 AND d = $2"
    )


@pytest.mark.parametrize(
    "sql",
    [
        "select a from t where b = 1 and c = 2",
        "select a from u where b = 1",
        "select a from t where b = c",
        "select a from t where b = 'never ends",
        "select a from t where b = $1",
        "",
    ],
)
def test_another_statement_or_one_without_values_gives_none(sql: str) -> None:
    assert bind("select a from t where b = $1", sql) is None


def test_lists_of_parameters_are_squashed_and_the_rest_numbered_anew() -> None:
    sql = "select a from t where b in ($1, $2, $3) and c = $4 and d not in ($5,$6)"
    assert squash(sql) == "select a from t where b in ($1 /*, ... */) and c = $2 and d not in ($3 /*, ... */)"


@pytest.mark.parametrize(
    "sql",
    [
        "select a from t where b in ($1, $2) or c = $2",
        "select a from t where b in ($1)",
        "select a from t where b in ($1, c)",
        "insert into t values ($1, $2)",
    ],
)
def test_other_lists_are_left_alone(sql: str) -> None:
    assert squash(sql) == sql


@pytest.mark.parametrize(
    ("call", "settled"),
    [
        ("generate_series($1, $2)", "generate_series($1::int, $2::int)"),
        ("generate_series('1', '5')", "generate_series('1'::int, '5'::int)"),
        (
            "generate_series('2026-01-01', '2026-02-01', '1 day')",
            (
                "generate_series('2026-01-01'::timestamp with time zone, '2026-02-01'::timestamp with time zone,"
                " '1 day'::interval)"
            ),
        ),
        ("generate_series(1, 10)", "generate_series(1, 10)"),
        ("generate_series($1, now(), $2)", "generate_series($1::timestamp with time zone, now(), $2::interval)"),
    ],
)
def test_generate_series_is_told_which_one_is_meant(call: str, settled: str) -> None:
    tree = parse_one(f"select {call}")
    settle_types(tree)
    assert written(tree) == f"SELECT {settled}"


def test_prepared_statements_are_read_with_the_values_of_their_calls() -> None:
    prepare = "PREPARE q (bigint, text) AS\n select a from t where b = $1 and c = $2;"
    assert statement_in_prepare(prepare) == "select a from t where b = $1 and c = $2"
    assert call_with_values("execute q (-7, 'it''s'::text)", prepare) == (
        "select a from t where b = $1 and c = $2",
        ("-7", "it's"),
    )
    assert call_with_values("execute q (1 + 1, 'x')", prepare) == ("select a from t where b = $1 and c = $2", None)
    assert statement_in_prepare("select 1") is None
