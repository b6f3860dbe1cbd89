"""Whatever decides a plan comes along: on each major version, the twin costs what the server costs."""

from typing import TYPE_CHECKING

import psycopg
import pytest

from pgclinic.model.plan import Plan, Question
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.twin.planner import Twin
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server
TOLERANCE = 0.001


def assert_same(
    database: "Database", queries: list[str], *, settings: tuple[str, ...] = (), omissions: tuple[str, ...] = ()
) -> None:
    """The twin's costs and rows are the server's, and it lacks nothing else than ``omissions``."""
    for setting in settings:
        database.execute(f'alter database "{database.name}" set {setting}')
    database.execute("vacuum analyze")
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    wrong = []
    with database.connect() as connection, Twin(snapshot, workers=1) as twin:
        assert twin.omissions == omissions
        for query in queries:
            cost, rows = real(connection, query)
            answer = twin.plan(Question(sql=query))
            if not isinstance(answer, Plan):
                wrong.append((query, answer))
            elif answer.cost != pytest.approx(cost, rel=TOLERANCE) or answer.root.rows != pytest.approx(rows, rel=0.01):
                wrong.append((query, (answer.cost, cost), (answer.root.rows, rows)))
    assert wrong == []


def real(connection: psycopg.Connection, query: str) -> tuple[float, float]:
    ((document,),) = connection.execute(f"explain (format json) {query}".encode()).fetchall()
    return float(document[0]["Plan"]["Total Cost"]), float(document[0]["Plan"]["Plan Rows"])


def test_partitions_of_every_kind(database_on_each: "Database") -> None:
    execute = database_on_each.execute
    execute("create table r (id int, at date, k int, v text) partition by range (at)")
    for month in range(1, 7):
        execute(
            f"create table r{month} partition of r for values from ('2026-{month:02}-01') to ('2026-{month + 1:02}-01')"
        )
    execute("create table r_rest partition of r default")
    execute(
        "insert into r select n, date '2026-01-01' + n % 220, n % 50, 'x' || n % 1000 from generate_series(1, 60000) n"
    )
    execute("create index on r (k); create index on r3 (v); alter table r add primary key (id, at)")
    execute("create table l (id int, region text, k int) partition by list (region)")
    execute("create table l_eu partition of l for values in ('fr', 'de') partition by hash (id)")
    execute("create table l_eu0 partition of l_eu for values with (modulus 2, remainder 0)")
    execute("create table l_eu1 partition of l_eu for values with (modulus 2, remainder 1)")
    execute("create table l_null partition of l for values in (null)")
    execute("create table l_rest partition of l default")
    execute(
        "insert into l select n, (array['fr', 'de', 'us', 'ca', null])[1 + n % 5], n % 77"
        " from generate_series(1, 30000) n"
    )
    execute("create table h (id int, k int) partition by hash (id)")
    execute("create table h2 (id int, k int) partition by hash (id)")
    for number in range(3):
        execute(f"create table h_{number} partition of h for values with (modulus 3, remainder {number})")
        execute(f"create table h2_{number} partition of h2 for values with (modulus 3, remainder {number})")
    execute("insert into h select n, n % 100 from generate_series(1, 30000) n")
    execute("insert into h2 select n, n % 100 from generate_series(1, 20000) n")
    assert_same(
        database_on_each,
        [
            "select * from r where at >= '2026-03-10' and at < '2026-04-05'",
            "select * from r where k = 7 order by at",
            "select count(*) from r where v = 'x17'",
            "select * from r where id = 500",
            "select * from r where at = '2027-01-01'",
            "select region, count(*) from l group by region",
            "select * from l where region = 'fr' and id = 30",
            "select * from l where region is null",
            "select * from l_eu where k = 5",
            "select * from h join h2 using (id) where h.k = 5",
            "select id, count(*) from h group by id",
            "select * from r join h on h.id = r.id where r.k = 3",
        ],
        settings=("enable_partitionwise_join = on", "enable_partitionwise_aggregate = on"),
    )


def test_inheritance(database_on_each: "Database") -> None:
    execute = database_on_each.execute
    execute("create table a (id int primary key, at date)")
    execute("create table b (extra text, check (at >= '2026-06-01')) inherits (a)")
    execute("create table c (id int, more int) inherits (a, b)")
    execute("insert into a select n, '2026-01-01' from generate_series(1, 5000) n")
    execute("insert into b select n, '2026-07-01', 'x' || n % 7 from generate_series(1, 9000) n")
    execute("insert into c select n, '2026-08-01', 'y', n from generate_series(1, 2000) n")
    execute("create index on b (id)")
    assert_same(
        database_on_each,
        [
            "select * from a where id = 77",
            "select * from only a where id = 77",
            "select * from a where at < '2026-02-01'",
            "select extra, count(*) from b group by extra",
            "select * from a join b using (id)",
        ],
    )


def test_statistics_of_expression_indexes_and_partial_ones(database_on_each: "Database") -> None:
    execute = database_on_each.execute
    execute("create table t (a int, email text, doc jsonb, at timestamptz)")
    execute(
        "insert into t select n, 'User' || n % 3000 || '@x', jsonb_build_object('k', n % 40, 'tags', array[n % 9]),"
        " timestamptz '2026-01-01' + n * interval '1 minute' from generate_series(1, 30000) n"
    )
    execute("create index t_lower on t (lower(email))")
    execute("create index t_two on t ((a % 10), (doc ->> 'k'))")
    execute("create index t_partial on t (at) where a % 10 = 3")
    execute("create index t_gin on t using gin (doc jsonb_path_ops)")
    execute("create index t_brin on t using brin (at) with (pages_per_range = 16)")
    assert_same(
        database_on_each,
        [
            "select * from t where lower(email) = 'user77@x'",
            "select * from t where a % 10 = 3",
            "select * from t where a % 10 = 4 and doc ->> 'k' = '14'",
            "select * from t where a % 10 = 3 and at > '2026-01-20'",
            "select doc ->> 'k', count(*) from t group by 1",
            "select * from t where doc @> '{\"k\": 7}'",
            "select * from t where at < '2026-01-02'",
        ],
    )


def test_extended_statistics_of_every_kind(database_on_each: "Database") -> None:
    execute = database_on_each.execute
    execute(
        "create table t as select n % 100 as a, n % 100 / 5 as b, n % 7 as c, 'x' || n % 4 as d"
        " from generate_series(1, 30000) n"
    )
    execute("create statistics s_nd (ndistinct) on a, b, c from t")
    execute("create statistics s_dep (dependencies) on a, b from t")
    execute("create statistics s_mcv (mcv) on b, c from t")
    execute("create statistics s_text (mcv) on c, d from t")
    execute("create statistics s_expr on (a + b), c from t")
    assert_same(
        database_on_each,
        [
            "select * from t where a = 5 and b = 1",
            "select a, b, c from t group by a, b, c",
            "select * from t where b = 3 and c = 2",
            "select * from t where b = 3 and c = 9",
            "select * from t where c = 2 and d = 'x1'",
            "select * from t where a + b = 6",
            "select a + b, c from t group by 1, 2",
        ],
    )


def test_generated_columns_domains_enums_and_odd_names(database_on_each: "Database") -> None:
    execute = database_on_each.execute
    execute("create schema \"Schéma\"; create type \"Schéma\".\"Humeur\" as enum ('gai', 'triste', 'l''autre')")
    execute('create domain "Schéma"."Âge" as int check (value between 0 and 200)')
    execute("create domain email as text check (value like '%@%') not null")
    virtual = ", twice int generated always as (id * 2) virtual" if database_on_each.major >= 18 else ""
    execute(
        f'create table "Schéma"."Ta ""ble" (id int, âge "Schéma"."Âge", "Hum eur" "Schéma"."Humeur", mail email,'
        f' half int generated always as (id / 2) stored{virtual}, "select" text)'
    )
    execute(
        'insert into "Schéma"."Ta ""ble" (id, âge, "Hum eur", mail, "select") select n, n % 90,'
        " (array['gai', 'triste', 'l''autre'])[1 + n % 3]::\"Schéma\".\"Humeur\", n % 500 || '@é', repeat('é', n % 30)"
        " from generate_series(1, 20000) n"
    )
    execute('create index "Index é" on "Schéma"."Ta ""ble" (half)')
    execute('create index on "Schéma"."Ta ""ble" ("Hum eur", âge)')
    table = '"Schéma"."Ta ""ble"'
    queries = [
        f"select * from {table} where âge = 30",
        f"select * from {table} where \"Hum eur\" = 'gai' and âge > 80",
        f"select * from {table} where half between 10 and 40",
        f"select * from {table} where mail = '7@é'",
        f'select "Hum eur", count(*) from {table} group by 1',
        f"select * from {table} where \"select\" = 'éé'",
    ]
    if virtual:
        queries.append(f"select * from {table} where twice = 60")
    assert_same(database_on_each, queries)


def test_unlogged_foreign_and_materialized(database_on_each: "Database") -> None:
    execute = database_on_each.execute
    execute("create extension file_fdw; create server files foreign data wrapper file_fdw")
    execute("create foreign table f (a int) server files options (filename '/dev/null')")
    execute("create unlogged table u as select n as a, n % 10 as b from generate_series(1, 10000) n")
    execute("create index on u (b)")
    execute("create materialized view m as select b, count(*) as n from u group by b")
    execute("create unique index on m (b)")
    assert_same(
        database_on_each,
        ["select * from u where b = 3", "select * from m where b = 2", "select * from u join m using (b)"],
        omissions=("extension file_fdw", "foreign table f (planned as a table)"),
    )


def test_functions_aggregates_and_the_clock_in_their_bodies(database_on_each: "Database") -> None:
    execute = database_on_each.execute
    execute("create table e as select n as id, now() - n * interval '1 minute' as at from generate_series(1, 30000) n")
    execute("create index on e (at)")
    execute(
        "create function recent(minutes int) returns setof e language sql stable as"
        " $$select * from e where at > now() - minutes * interval '1 minute'$$"
    )
    execute(
        "create function horizon() returns timestamptz language sql stable as $$select now() - interval '90 minutes'$$"
    )
    execute("create function slow(int) returns int language plpgsql immutable cost 5000 as $$begin return $1; end$$")
    execute(
        "create function many() returns setof int language plpgsql stable rows 12345 as $$begin return next 1; end$$"
    )
    execute("create function plus(int, int) returns int language sql immutable as 'select coalesce($1, 0) + $2'")
    execute("create aggregate total(int) (sfunc = plus, stype = int, initcond = '0')")
    execute(
        "create aggregate own_max(int) (sfunc = int4larger, stype = int, combinefunc = int4larger,"
        " parallel = safe, sortop = >)"
    )
    assert_same(
        database_on_each,
        [
            "select * from recent(60)",
            "select * from e where at > horizon()",
            "select * from e where slow(id) = 3",
            "select * from many() as m join e on e.id = m",
            "select total(id) from e where at > now() - interval '2 hours'",
            "select own_max(id) from e",
        ],
    )


def test_a_column_of_an_unknown_type_leaves_its_table_plannable(database_on_each: "Database") -> None:
    execute = database_on_each.execute
    execute("create extension lo; create extension hstore")
    execute("create domain handle as lo; create type pair as (n int, handle lo)")
    execute(
        "create table u as select n as a, row(n % 9, n::lo)::pair as p, array[n::lo::handle] as h"
        " from generate_series(1, 5000) n"
    )
    execute("create view v as select a from u where (p).n = 5")
    execute('create table t (a int, l lo, h hstore, c text collate "C")')
    execute("insert into t select n, n % 100, hstore('k', (n % 50)::text), 'x' || n from generate_series(1, 20000) n")
    execute("create index on t (a); create index on t using gin (h)")
    assert_same(
        database_on_each,
        [
            "select * from t where a = 5",
            "select * from t where h @> 'k=>7'",
            "select * from t where c like 'x77%'",
            "select * from v",
            "select * from u where a < 50",
        ],
        omissions=("extension lo", "type public.lo (planned as text)"),
    )
