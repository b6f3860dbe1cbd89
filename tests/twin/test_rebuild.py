"""What the twin takes over of a database: owners, settings, kinds of statistics; and what one bad object costs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
import psycopg
import pytest

from pgclinic.model.catalog import Column, Function, Policy, Relation, Role, Setting, UserType
from pgclinic.model.plan import Plan, Question
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.twin.planner import Twin
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server


def snapshot_of(database: "Database") -> Snapshot:
    with open_session(database.conninfo) as connection:
        return drive(collect(connection))


def real_costs(connection: psycopg.Connection, queries: tuple[str, ...]) -> Iterator[float]:
    for query in queries:
        ((document,),) = connection.execute(f"explain (format json) {query}").fetchall()
        yield float(document[0]["Plan"]["Total Cost"])


def assert_same(database: "Database", queries: tuple[str, ...], role: str = "") -> Snapshot:
    """The twin's costs are the server's, as ``role`` where given."""
    snapshot = snapshot_of(database)
    with database.connect() as connection, Twin(snapshot) as twin:
        if role:
            connection.execute(f"set session authorization {role}")
        for query, cost in zip(queries, real_costs(connection, queries), strict=True):
            answer = twin.plan(Question(sql=query, role=role))
            assert isinstance(answer, Plan), (query, answer)
            assert answer.cost == pytest.approx(cost, rel=0.001), query
    return snapshot


def test_a_setting_of_one_role_is_not_the_databases(database: "Database", role_name: str) -> None:
    database.execute("create table t as select n as a, n % 10 as b from generate_series(1, 50000) as n")
    database.execute("create index on t (b)")
    database.execute(f"create role {role_name}")
    database.execute(f"alter role {role_name} set random_page_cost = 1.1")
    database.execute("vacuum analyze t")
    assert_same(database, ("select * from t where b = 3",))


def test_a_setting_of_a_role_in_this_database_stands_above_the_roles_own(database: "Database", role_name: str) -> None:
    database.execute("create table t as select n as a, n % 10 as b from generate_series(1, 50000) as n")
    database.execute("create index on t (b)")
    database.execute(f"create role {role_name} login password 'x'; grant select on t to {role_name}")
    database.execute(f"alter role {role_name} set random_page_cost = 9")
    database.execute(f"alter role {role_name} in database {database.name} set random_page_cost = 1.5")
    database.execute("vacuum analyze t")
    snapshot = snapshot_of(database)
    query = "select * from t where b = 3 and a < 900"
    try:
        with psycopg.connect(database.conninfo_as(role_name, "x")) as connection, Twin(snapshot) as twin:
            (cost,) = real_costs(connection, (query,))
            answer = twin.plan(Question(sql=query, role=role_name))
            assert isinstance(answer, Plan)
            assert answer.cost == pytest.approx(cost, rel=0.001)
            assert twin.plan(Question(sql=query)) != answer
    finally:
        database.execute(f"drop owned by {role_name}")


def test_row_security_binds_whom_it_binds_on_the_server(database_on_each: "Database", role_name: str) -> None:
    database = database_on_each
    database.execute(f"create role {role_name}; create role {role_name}_owner; create role {role_name}_super superuser")
    try:
        database.execute("create table t as select n as a, n % 50 as tenant from generate_series(1, 20000) as n")
        database.execute("alter table t enable row level security")
        database.execute("create policy p on t using (tenant = 3)")
        database.execute("create view v as select * from t")
        database.execute("create view w as select * from t")
        database.execute(f"alter table t owner to {role_name}_owner; alter view w owner to {role_name}")
        database.execute(f"grant select on t, v, w to {role_name}, {role_name}_owner, {role_name}_super")
        database.execute("vacuum analyze t")
        queries = tuple(f"select * from {name} where a < 5000" for name in "tvw")
        for role in (role_name, f"{role_name}_owner", f"{role_name}_super"):
            assert_same(database, queries, role)
    finally:
        database.execute("drop table t cascade")
        database.execute(f"drop owned by {role_name}, {role_name}_owner, {role_name}_super")
        database.execute(f"drop role {role_name}_owner, {role_name}_super")


def test_extended_statistics_come_along_in_spite_of_dropped_columns(database_on_each: "Database") -> None:
    database_on_each.execute("create table t (gone int, a int, b int, c int)")
    database_on_each.execute("alter table t drop column gone")
    database_on_each.execute("insert into t select n % 100, n % 100 / 5, n % 100 / 10 from generate_series(1, 20000) n")
    database_on_each.execute("create statistics s (ndistinct, dependencies) on a, b, c from t")
    database_on_each.execute("vacuum analyze t")
    assert_same(
        database_on_each,
        ("select * from t where a = 5 and b = 1 and c = 0 order by a", "select a, b, c from t group by a, b, c"),
    )


def test_unqualified_names_are_found_where_the_visitor_found_them(database: "Database") -> None:
    database.execute("create schema extensions; create schema app")
    database.execute("create extension citext schema extensions")
    database.execute(f"alter database {database.name} set search_path = app, extensions")
    database.execute("create table t (e citext)")
    database.execute("insert into t select 'E' || n % 500 from generate_series(1, 5000) as n")
    database.execute("create view v as select * from t where e = 'e7'")
    database.execute("create index on t (e)")
    database.execute("vacuum analyze t")
    snapshot = assert_same(database, ("select * from v", "select * from t where e = 'e5'"))
    with Twin(snapshot) as twin:
        assert twin.omissions == ()


def test_types_and_functions_that_need_each_other_or_tables(database_on_each: "Database") -> None:
    database_on_each.execute("create function even(int) returns boolean language sql immutable as 'select $1 % 2 = 0'")
    database_on_each.execute("create domain even_number as int check (even(value))")
    database_on_each.execute("create type span as range (subtype = float8)")
    database_on_each.execute("create table t (a even_number, s span)")
    database_on_each.execute("insert into t select 2 * n, span(n, n + 1) from generate_series(1, 5000) as n")
    database_on_each.execute(
        "create function small(k int) returns setof t language sql stable as $$select * from t where a < k$$"
    )
    database_on_each.execute("vacuum analyze t")
    snapshot = assert_same(
        database_on_each,
        ("select * from small(50)", "select * from t where a = 10", "select * from t where s = '[5,6)'"),
    )
    with Twin(snapshot) as twin:
        assert twin.omissions == ()


def test_statistics_of_multiranges(database_on: "type[Database]") -> None:
    database = database_on(18)
    database.execute(
        "create table t as"
        " select int4multirange(int4range(n % 100, n % 100 + 5)) as r from generate_series(1, 5000) as n"
    )
    database.execute("vacuum analyze t")
    assert_same(database, ("select * from t where r && int4range(5, 9) order by r",))


def test_an_object_that_cannot_be_made_takes_no_other_with_it(database: "Database") -> None:
    """Each of these would cost a table, or show a wrong plan, if nothing plainer took its place."""
    database.execute("create table t (a int, b text, c int)")
    database.execute("insert into t select n, n % 9, n % 100 from generate_series(1, 5000) as n")
    database.execute("create table child () inherits (t)")
    database.execute("alter table t enable row level security; create policy p on t using (a > 0)")
    database.execute("create index on t (c)")
    database.execute("vacuum analyze")
    snapshot = snapshot_of(database)
    table = next(each for each in snapshot.relations if each.name == "t")
    doctored = {
        "columns": tuple(_doctored(each) for each in snapshot.columns),
        "policies": tuple(msgspec.structs.replace(each, using="lost(a)") for each in snapshot.policies),
        "types": (
            UserType(oid=1, schema="public", name="d", kind="d", base_type="text", checks=("check (lost(value))",)),
        ),
        "functions": (
            Function(
                oid=2, schema="public", name="f", arguments="integer", returns="integer", kind="f", language="plperl",
                volatility="i", sql="create function f(integer) returns integer language plperl as ''",
            ),
        ),
        "relations": (
            *snapshot.relations,
            Relation(oid=3, schema="public", name="v", kind="v", owner="o", definition="select f(a) as f from t"),
            Relation(oid=4, schema="public", name="w", kind="v", owner="o", definition=None),
            Relation(oid=5, schema="public", name="part", kind="r", owner="o", is_partition=True, parents=(table.oid,),
                     partition_bound="for values in (1)"),
            Relation(oid=6, schema="", name="", kind="r", owner=""),
        ),
        "roles": (
            Role(name="x", member_of=("y",)),
            Role(name="y", member_of=("x",)),
            Role(name="z", settings=("work_mem=\0",))),
        "settings": (Setting(name="work_mem", value="lots"),),
    }  # fmt: skip
    doctored["columns"] += (Column(relation=5, number=1, name="a", type="integer"),)
    doctored["policies"] += (
        Policy(relation=table.oid, name="q", command="INSERT", roles=("nobody",), with_check="lost(a)"),
    )
    with Twin(msgspec.structs.replace(snapshot, **doctored)) as twin:
        for query in ("select * from t where c = 7", "select * from v", "select * from child", "select * from part"):
            assert isinstance(twin.plan(Question(sql=query, role="x")), Plan), query
        assert isinstance(twin.plan(Question(sql="select * from w")).reason, str)
        for omission in (
            "table t (simplified)",
            "type d (simplified)",
            "function f (simplified)",
            "policy p on t (simplified)",
            "table part (simplified)",
            "collation nowhere of t.b",
            "setting work_mem",
            "view w",
        ):
            assert omission in twin.omissions, twin.omissions


def _doctored(column: Column) -> Column:
    if column.name == "b":
        return msgspec.structs.replace(column, type="d", collation="nowhere", type_schema="public")
    if column.name == "a":
        return msgspec.structs.replace(column, generated="s", default="lost(c)")
    return column


def test_common_values_without_frequencies_are_left_out(database: "Database") -> None:
    """The planner would read behind the end of the frequencies."""
    database.execute("create table t as select n % 5 as a from generate_series(1, 5000) as n")
    database.execute("analyze t")
    snapshot = snapshot_of(database)
    (row,) = snapshot.column_statistics
    row = msgspec.structs.replace(row, most_common_freqs=(0.1,))
    with Twin(msgspec.structs.replace(snapshot, column_statistics=(row,))) as twin:
        assert isinstance(twin.plan(Question(sql="select * from t where a = 3")), Plan)
        with psycopg.connect(twin._instance.conninfo("twin1")) as connection:
            found = connection.execute("select most_common_vals from pg_stats where tablename = 't'").fetchall()
            assert found == [(None,)]


@pytest.mark.parametrize(
    "doctored",
    [
        {"name": "\0"},
        {"n_distinct": "?"},
        {"n_distinct": '{"1, 99": 5}'},
        {"dependencies": '{"1": 1}'},
        {"most_common_vals": "{{1,2},{3,4}}"},
        {"most_common_vals": "{{x,2}}", "most_common_freqs": (0.5,), "most_common_base_freqs": (0.1,)},
        {"most_common_vals": "nothing", "most_common_freqs": (0.5,), "most_common_base_freqs": (0.1,)},
    ],
)
def test_extended_statistics_that_cannot_be_read_are_named(database: "Database", doctored: dict[str, str]) -> None:
    database.execute("create table t as select n % 5 as a, n % 10 as b from generate_series(1, 5000) as n")
    database.execute("create statistics s on a, b from t")
    database.execute("analyze t")
    snapshot = snapshot_of(database)
    (statistics,) = snapshot.extended_statistics
    statistics = msgspec.structs.replace(statistics, **doctored)
    with Twin(msgspec.structs.replace(snapshot, extended_statistics=(statistics,))) as twin:
        assert f"data of statistics {statistics.name}" in twin.omissions
        assert isinstance(twin.plan(Question(sql="select * from t where a = 3 and b = 3")), Plan)
