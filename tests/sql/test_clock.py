import pytest

from pgclinic.sql.clock import function_with_settable_clock, with_settable_clock


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select now()", "SELECT pgclinic_clock.now()"),
        ("select pg_catalog.now()", "SELECT pgclinic_clock.now()"),
        ("select current_date - 1", 'SELECT pgclinic_clock."current_date"() - 1'),
        ("select current_timestamp(3)", "SELECT pgclinic_clock.now()"),
        ("select localtimestamp", 'SELECT pgclinic_clock."localtimestamp"()'),
    ],
)
def test_each_reading_of_the_clock_is_replaced(sql: str, expected: str) -> None:
    assert with_settable_clock(sql) == expected


@pytest.mark.parametrize("sql", ["select 'now()'", "select app.now()", "select clock_timestamp()", "select now(1)"])
def test_what_is_not_the_clock_stays_as_it_was_written(sql: str) -> None:
    assert with_settable_clock(sql) == sql


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "create function f() returns date language sql as 'select 1; select current_date'",
            'CREATE FUNCTION f() RETURNS date LANGUAGE sql AS $$select 1;\nSELECT pgclinic_clock."current_date"()$$',
        ),
        (
            "create function f() returns timestamptz language sql return now()",
            "CREATE FUNCTION f() RETURNS timestamptz LANGUAGE sql RETURN pgclinic_clock.now()",
        ),
        (
            "create function f() returns int language sql begin atomic select 1; select extract(epoch from now()); end",
            (
                "CREATE FUNCTION f() RETURNS int LANGUAGE sql "
                "BEGIN ATOMIC SELECT 1; SELECT extract ('epoch' FROM pgclinic_clock.now()); END"
            ),
        ),
    ],
)
def test_the_clock_in_the_body_of_a_function_is_replaced(sql: str, expected: str) -> None:
    assert function_with_settable_clock(sql) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "create function f() returns int language sql as 'select 1'",
        "create function f() returns timestamptz language plpgsql as 'begin return now(); end'",
        "create function f() returns int language c as 'file', 'now'",
    ],
)
def test_other_bodies_stay_as_they_were_written(sql: str) -> None:
    assert function_with_settable_clock(sql) == sql
