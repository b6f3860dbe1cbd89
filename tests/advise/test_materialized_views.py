"""Kept sums: found where they pay, as a view or as a rollup, giving the same rows; and silence where they do not."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

import renaming
from advising import advised, case_of, one_by_one, prescribed, together
from pgclinic.advise.case import Case
from pgclinic.model.prescription import Declined, Prescription
from pgclinic.model.treatment import State
from pgclinic.model.workload import ParameterSet
from pgclinic.verbs.driving import drive
from pgclinic.verbs.treat import treat
from pgclinic.verbs.undo import undo
from treating import course_of

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

_ADVISER = "materialized_views"
_BY_SHOP = (
    "select shop, count(*) as n, sum(amount) as amount from sales where sold_at >= $1 group by shop order by shop"
)
_BY_DAY = "select * from daily"
_BY_HOUR = (
    "select date_trunc('hour', sold_at) as hour, count(*) as n from sales where sold_at >= $1 group by 1 order by 1"
)
_SINCE = "select count(*) as n, sum(amount) as amount from sales where sold_at >= $1"
_OF_A_STATE = "select count(*) from sales where state = $1"
_CALLS = [["2026-01-20 00:00+00"], ["2026-02-03 17:01:02+00"], ["2027-01-01 00:00+00"], ["-infinity"], [None]]


def make_sales(database: "Database", rows: int = 60_000, shops: int = 20) -> None:
    """Twelve weeks of sales, as ANALYZE knows them, with counters that begin now."""
    with database.connect() as connection:
        connection.execute(f"""
            create table sales (
                id int primary key, sold_at timestamptz not null, shop text, state text, buyer int,
                amount numeric(10, 2)
            );
            insert into sales
            select n, timestamptz '2026-01-01 00:00+00' + n * interval '2 minutes', 'shop ' || n % {shops}, 'paid',
                   n % 977, n % 1000 + 0.5
            from generate_series(1, {rows}) as n;
            create view daily as
                select date(sold_at) as day, count(distinct buyer) as buyers, avg(amount) as mean from sales
                where sold_at >= date '2026-01-10' group by date(sold_at);
        """)
        connection.execute("vacuum analyze sales")
        connection.execute("select pg_stat_force_next_flush()")  # else it would be told when the session ends
        connection.execute("select pg_stat_reset()")


def asked(database: "Database", *statements: str, calls: float = 1000) -> Case:
    return case_of(database, *[("", sql) for sql in statements], calls=calls)


def change(database: "Database", rows: int) -> None:
    """As many rows as that are changed, one by one."""
    with database.connect() as connection:
        connection.execute(f"update sales set state = 'seen' where id > (select max(id) from sales) - {rows}")
        connection.execute("vacuum analyze sales")
        connection.execute("select pg_stat_force_next_flush()")


def kept(prescriptions: list[Prescription]) -> Prescription:
    """The one that keeps sums, behind the indexes that it needs."""
    (cure,) = [each for each in prescriptions if each.kind != "create_index"]
    assert set(cure.requires) == {each.fingerprint for each in prescriptions if each.kind == "create_index"}
    return cure


def treated(database: "Database", prescriptions: list[Prescription], folder: Path) -> None:
    treatment = drive(treat(database.conninfo, course_of(database, *prescriptions), journals=folder))
    assert {entry.state for entry in treatment.entries} == {State.DONE}


def test_sums_over_a_table_that_seldom_changes_become_a_materialized_view(
    database_on_each: "Database", tmp_path: Path
) -> None:
    database = database_on_each
    make_sales(database)
    prescriptions = prescribed(_ADVISER, asked(database, _BY_SHOP))
    cure = kept(prescriptions)
    assert cure.kind == "create_materialized_view"
    (gain,) = cure.gains
    assert gain.cost_before > 5 * gain.cost_after
    treated(database, prescriptions, tmp_path)
    (mapping,) = cure.mappings
    with database.connect() as connection:
        connection.execute("set timezone = 'Asia/Kathmandu'")
        before = one_by_one(connection, _BY_SHOP, _CALLS)
        assert len(before) == 20 * 3
        assert together(connection, msgspec.structs.replace(mapping, calls=1), _CALLS) == before
        plan = connection.execute(f"explain {mapping.replacements[0].sql.replace('$1', 'now()')}").fetchall()
        assert "sales_by_day_shop" in str(plan)
    drive(undo(database.conninfo))
    assert database.execute("select count(*) from pg_class where relname like 'sales\\_by%'") == [(0,)]


def test_it_is_refreshed_when_it_is_due_and_readers_never_wait(database: "Database", tmp_path: Path) -> None:
    make_sales(database, 60_000)
    prescriptions = prescribed(_ADVISER, asked(database, _BY_SHOP))
    treated(database, prescriptions, tmp_path)
    total = "select sum(rows) from sales_by_day_shop"
    refresh = "select refresh_sales_by_day_shop(interval '0')"
    with database.connect() as connection, database.connect() as reader:
        assert connection.execute("select refresh_sales_by_day_shop()").fetchone() == (False,)
        connection.execute("insert into sales values (0, '2026-01-01', 'shop 1', 'paid', 1, 1)")
        connection.execute("select pg_stat_force_next_flush()")
        assert connection.execute("select refresh_sales_by_day_shop()").fetchone() == (False,)
        with connection.transaction():
            assert connection.execute(refresh).fetchone() == (True,)
            reader.execute("set lock_timeout = 1000")
            assert reader.execute(total).fetchone() == (60_000,)
            assert reader.execute(refresh).fetchone() == (False,)
        assert reader.execute(total).fetchone() == (60_001,)
        assert reader.execute(refresh).fetchone() == (False,)


def test_sums_over_a_table_that_changes_faster_become_a_rollup(database_on_each: "Database", tmp_path: Path) -> None:
    database = database_on_each
    make_sales(database, shops=8)
    change(database, 6_000)
    prescriptions = prescribed(_ADVISER, asked(database, _BY_SHOP))
    cure = kept(prescriptions)
    assert cure.kind == "create_rollup"
    treated(database, prescriptions, tmp_path)
    mapping = msgspec.structs.replace(cure.mappings[0], calls=1)
    with database.connect() as connection:
        assert together(connection, mapping, _CALLS) == one_by_one(connection, _BY_SHOP, _CALLS)
        connection.execute("update sales set shop = 'moved', amount = amount + 1 where id % 100 = 0")
        connection.execute("delete from sales where id % 7 = 0")
        assert together(connection, mapping, _CALLS) == one_by_one(connection, _BY_SHOP, _CALLS)
    drive(undo(database.conninfo))
    assert database.execute("select count(*) from pg_class where relname like 'sales\\_by%'") == [(0,)]


def test_sums_by_the_hour_are_kept_by_the_hour_and_serve_who_asks_by_day(database: "Database", tmp_path: Path) -> None:
    make_sales(database)
    prescriptions = prescribed(_ADVISER, asked(database, _BY_HOUR, _SINCE))
    cure = kept(prescriptions)
    assert cure.object.name == "sales_by_hour"
    assert len(cure.mappings) == 2
    treated(database, prescriptions, tmp_path)
    with database.connect() as connection:
        connection.execute("set timezone = 'America/New_York'")
        for mapping in cure.mappings:
            before = one_by_one(connection, mapping.sql, _CALLS)
            assert together(connection, msgspec.structs.replace(mapping, calls=1), _CALLS) == before


def test_counts_of_many_values_become_a_rollup_by_value(database: "Database", tmp_path: Path) -> None:
    make_sales(database)
    change(database, 6_000)
    prescriptions = prescribed(_ADVISER, asked(database, _OF_A_STATE))
    cure = kept(prescriptions)
    assert (cure.kind, cure.object.name) == ("create_rollup", "sales_by_state")
    treated(database, prescriptions, tmp_path)
    mapping, values = msgspec.structs.replace(cure.mappings[0], calls=1), [["paid"], ["seen"], ["lost"], [None]]
    with database.connect() as connection:
        for write in (
            "select",
            "update sales set state = 'lost' where id % 500 = 0",
            "update sales set state = null where id % 700 = 0",
            "select fold_sales_by_state()",
            "delete from sales where state = 'seen'",
            "truncate sales",
        ):
            connection.execute(write)
            assert together(connection, mapping, values) == one_by_one(connection, _OF_A_STATE, values)


def test_counts_of_values_that_change_all_the_time_are_not_kept(database: "Database") -> None:
    make_sales(database)
    change(database, 60_000)
    assert advised(_ADVISER, asked(database, _OF_A_STATE)) == []


def test_renaming_everything_gives_the_same(database: "Database") -> None:
    make_sales(database)
    case = asked(database, _BY_SHOP, _BY_DAY)
    other, names = renaming.renamed(case.snapshot)
    statements = tuple(
        msgspec.structs.replace(each, sql=renaming._in_sql(each.sql, names)) for each in case.workload.statements
    )
    renamed = msgspec.structs.replace(
        case, snapshot=other, workload=msgspec.structs.replace(case.workload, statements=statements)
    )
    found, again = prescribed(_ADVISER, case), prescribed(_ADVISER, renamed)
    assert {each.kind for each in found} == {"create_materialized_view", "create_index"}
    assert [(each.kind, each.gains[0].cost_after if each.gains else 0) for each in found] == [
        (each.kind, each.gains[0].cost_after if each.gains else 0) for each in again
    ]


def test_distinct_counts_by_day_are_kept_whole(database: "Database", tmp_path: Path) -> None:
    make_sales(database)
    prescriptions = prescribed(_ADVISER, asked(database, _BY_DAY))
    cure = kept(prescriptions)
    treated(database, prescriptions, tmp_path)
    with database.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        counted = sorted(connection.execute(_BY_DAY).fetchall())
        assert sorted(connection.execute(cure.mappings[0].replacements[0].sql).fetchall()) == counted


def test_distinct_counts_of_a_table_that_changes_faster_are_kept_for_days_that_rest(
    database_on_each: "Database", tmp_path: Path
) -> None:
    database = database_on_each
    make_sales(database)
    change(database, 6_000)
    prescriptions = prescribed(_ADVISER, asked(database, _BY_DAY))
    cure = kept(prescriptions)
    assert cure.kind == "create_daily_sums"
    treated(database, prescriptions, tmp_path)
    instead = cure.mappings[0].replacements[0].sql
    with database.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for write in ("select", "update sales set buyer = 1 where id % 997 = 0", "delete from sales where id > 59000"):
            connection.execute(write)
            assert sorted(connection.execute(instead).fetchall()) == sorted(connection.execute(_BY_DAY).fetchall())
        assert connection.execute("select refresh_sales_by_day() > 0, refresh_sales_by_day()").fetchone() == (True, 0)
        assert sorted(connection.execute(instead).fetchall()) == sorted(connection.execute(_BY_DAY).fetchall())
    drive(undo(database.conninfo))
    assert database.execute("select count(*) from pg_class where relname like 'sales\\_by%'") == [(0,)]


def test_sums_that_triggers_would_not_see_change_are_declined(database: "Database") -> None:
    make_sales(database)
    database.execute("create table more_sales () inherits (sales); analyze sales")
    change(database, 6_000)
    (declined,) = advised(_ADVISER, asked(database, _BY_SHOP))
    assert isinstance(declined, Declined)
    assert {fact.name: fact.value for fact in declined.facts}["what"] == "it has partitions or heirs"


_SHARE = (
    "select shop, round($3 * count(*) filter (where state = $2) / count(*), $4) as paid from sales"
    " where sold_at >= $1 group by shop order by shop"
)


def seen(case: Case, *states: str, written: frozenset[int] = frozenset({2, 3, 4})) -> Case:
    """The case whose statement was seen with these constants, and a moment that nobody saw."""
    (statement,) = case.workload.statements
    parameters = tuple(
        ParameterSet((None, state, "100.0", "1"), bare=frozenset({3, 4}), open=frozenset({1}), written=written)
        for state in states
    )
    statement = msgspec.structs.replace(statement, parameters=parameters)
    return msgspec.structs.replace(case, workload=msgspec.structs.replace(case.workload, statements=(statement,)))


def test_constants_that_were_seen_are_written_and_values_that_change_become_keys(database: "Database") -> None:
    make_sales(database)
    case = asked(database, _SHARE)
    assert prescribed(_ADVISER, case) == []  # 100 and 100.0 do not divide alike, and $3 may be either
    always = kept(prescribed(_ADVISER, seen(case, "paid"))).mappings[0]
    assert "rows_state_paid" in always.replacements[0].sql
    assert [each.parameter for each in always.replacements[0].parameters] == [1]
    changing = kept(prescribed(_ADVISER, seen(case, "paid", "open"))).mappings[0]
    assert "state = $2" in changing.replacements[0].sql
    assert [each.parameter for each in changing.replacements[0].parameters] == [1, 2]
    assert always.sql == changing.sql == _SHARE


def test_percentiles_over_a_moving_span_are_declined(database: "Database") -> None:
    make_sales(database, 2_000)
    sql = "select percentile_cont(0.5) within group (order by amount) from sales where sold_at >= $1"
    (declined,) = advised(_ADVISER, asked(database, sql))
    assert isinstance(declined, Declined)
    assert declined.object.kind == "statement"


@pytest.mark.parametrize(
    ("rows", "sql", "calls"),
    [
        (2_000, _BY_SHOP, 1000),
        (60_000, "select count(*) from sales where sold_at >= '2026-03-25'", 1000),
        (60_000, "select count(*) from sales where id = $1", 1000),
        (60_000, "select count(*) from sales where buyer = $1", 1000),
        (60_000, "select id, amount from sales where sold_at >= $1", 1000),
        (60_000, "select buyer, id, count(*) from sales where sold_at >= $1 group by buyer, id", 1000),
        (60_000, _BY_SHOP, 1e-6),
    ],
    ids=[
        "few rows",
        "few of them",
        "by key",
        "few of each value",
        "no sum",
        "as many groups as rows",
        "hardly ever asked",
    ],
)
def test_silence_where_it_does_not_pay(database: "Database", rows: int, sql: str, calls: float) -> None:
    make_sales(database, rows)
    assert advised(_ADVISER, asked(database, sql, calls=calls)) == []


def test_rows_that_depend_on_who_asks_are_not_kept(database: "Database", role_name: str) -> None:
    make_sales(database)
    database.execute(f"""
        alter table sales enable row level security;
        create role {role_name};
        grant select on sales to {role_name};
        create policy a_part on sales using (shop = 'shop 1');
    """)
    case = asked(database, _BY_SHOP)
    (statement,) = case.workload.statements
    workload = msgspec.structs.replace(case.workload, statements=(msgspec.structs.replace(statement, role=role_name),))
    found = advised(_ADVISER, msgspec.structs.replace(case, workload=workload))
    database.execute(f"drop owned by {role_name}")
    assert found == []
