"""The adviser on real tables: what it builds, drops and rejects, and what it says of its own answer."""

from typing import TYPE_CHECKING

import pytest

from pgclinic.advise.aims import Aims
from pgclinic.advise.limits import Limits
from pgclinic.model.names import RelationName
from pgclinic.model.prescription import Course
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import Workload, WorkloadStatement
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.sql.statements import fingerprint
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import INDEX, course_for, prescribe
from pgclinic.workload.script import parse_script

if TYPE_CHECKING:
    from tests.conftest import Database

pytestmark = pytest.mark.server

ORDERS = """
    create table orders (id int primary key, customer int not null, day date not null, state text, note text);
    insert into orders
    select n, n % 500, date '2026-01-01' + n / 200, case when n % 50 = 0 then 'open' else 'done' end, repeat('x', 100)
    from generate_series(1, 60000) n;
    vacuum analyze orders
"""
BY_CUSTOMER = "select * from orders where customer = 7 and day = '2026-03-01'"
BY_DAY = "select sum(id) from orders where day between '2026-02-01' and '2026-02-03'"
OPEN = "select id from orders where state = 'open' and day > '2026-10-01'"


def snapshot_of(database: "Database") -> Snapshot:
    with open_session(database.conninfo) as connection:
        return drive(collect(connection))


def orders(database: "Database", *more: str) -> Snapshot:
    for sql in (*ORDERS.split(";"), *more):
        database.execute(sql)
    return snapshot_of(database)


def course_of(snapshot: Snapshot, *sql: str, **how: object) -> Course:
    script = parse_script({f"q{number}.sql": each for number, each in enumerate(sql)})
    return drive(prescribe(snapshot, script=script, **({"kinds": [INDEX]} | how)))  # type: ignore[arg-type]


def statement(sql: str, calls: float, mean_ms: float) -> WorkloadStatement:
    mark = fingerprint(sql)
    return WorkloadStatement(fingerprint=mark, name=mark, sql=sql, calls=calls, total_ms=calls * mean_ms)


def made(course: Course) -> list[str]:
    return [item.do[0].sql.partition(" on ")[2] for item in course.prescriptions if item.kind == "create_index"]


def test_an_index_that_a_new_one_serves_for_is_dropped_and_comes_back(database: "Database") -> None:
    snapshot = orders(database, "create index by_customer on orders (customer)")
    course = course_of(snapshot, BY_CUSTOMER)
    build, drop = course.prescriptions
    assert (build.kind, drop.kind, drop.object.name) == ("create_index", "drop_index", "by_customer")
    assert made(course)[0].startswith("public.orders (customer, day")
    assert build.replaces == ("by_customer",)
    assert "by_customer" in drop.undo[0].sql


@pytest.mark.parametrize(
    "existing",
    [
        "create unique index by_customer on orders (customer, id)",
        "alter table orders add constraint by_customer unique (customer, id)",
        "create index by_customer on orders (customer); alter table orders cluster on by_customer",
    ],
)
def test_an_index_that_enforces_or_orders_something_stays(database: "Database", existing: str) -> None:
    course = course_of(orders(database, *existing.split("; ")), BY_CUSTOMER)
    assert {item.kind for item in course.prescriptions} <= {"create_index"}


def test_each_proposal_says_what_it_beats_and_each_other_candidate_why_not(database: "Database") -> None:
    course = course_of(orders(database), BY_CUSTOMER, BY_DAY, names_rejected=True)
    for item in course.prescriptions:
        assert item.gains
        assert item.size_bytes > 0
        assert item.build_seconds is not None
        assert item.next_best is not None
        assert item.next_best.chosen_cost <= item.next_best.cost * 1.01
    effect = course.workload
    assert len(effect.rejected) + len(made(course)) >= effect.candidates
    assert all(each.reason and each.sql.startswith("create index on ") for each in effect.rejected)
    assert effect.lower_bound is not None
    assert effect.optimality_gap is not None
    assert effect.optimality_gap <= 0.01


def test_a_column_gets_a_brin_or_a_btree_and_never_both(database: "Database") -> None:
    database.execute("create table log (id int, at timestamptz, actor int, action text, detail text)")
    database.execute(
        "insert into log select n, timestamptz '2026-01-01' + n * interval '1 minute', n * 7919 % 400,"
        " 'does ' || n % 30, repeat('d', 60) from generate_series(1, 100000) n"
    )
    database.execute("vacuum analyze log")
    since = "at > timestamptz '2026-01-01' + interval"
    few = f"select count(*) from log where actor = 7 and {since} '40 days'"
    many = f"select action, count(*) from log where {since} '60 days' group by action"
    one = f"select * from log where {since} '69 days 10 hours' order by at limit 3"
    course = course_of(snapshot_of(database), few, many, one)
    assert len([index for index in made(course) if "(at" in index]) == 1


def test_the_frontier_falls_with_the_budget_and_never_below_its_bound(database: "Database") -> None:
    budgets = (100_000, 500_000, 2_000_000, 10_000_000)
    course = course_of(orders(database), BY_CUSTOMER, BY_DAY, OPEN, budgets=budgets)
    points = course.workload.frontier
    assert tuple(point.budget_bytes for point in points) == budgets
    assert all(point.size_bytes <= (point.budget_bytes or 0) for point in points)
    assert all(point.lower_bound <= point.cost for point in points)
    costs = [point.cost for point in points]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] < costs[0] <= 1
    assert len(made(course)) == len(points[-1].indexes)


def test_what_the_user_forbids_is_not_proposed(database: "Database") -> None:
    snapshot = orders(database)
    table = RelationName("public", "orders")
    assert made(course_of(snapshot, BY_DAY, limits=Limits(excluded=frozenset({table})))) == []
    assert made(course_of(snapshot, BY_DAY, aims=Aims(max_per_table=1))) == []
    assert len(made(course_of(snapshot, BY_CUSTOMER, BY_DAY, OPEN, aims=Aims(max_per_table=2)))) == 1
    (only_brin,) = made(course_of(snapshot, BY_DAY, limits=Limits(kinds=frozenset({"brin"}))))
    assert "using brin (day)" in only_brin
    narrow = course_of(snapshot, BY_CUSTOMER, limits=Limits(max_width=1, kinds=frozenset({"btree"})))
    assert all("," not in sql for sql in made(narrow))


def test_a_partial_index_is_found_from_a_constant_and_a_gin_index_from_an_operator(database: "Database") -> None:
    database.execute("create table events (id int, tags text[], body jsonb)")
    database.execute("""
        insert into events select n, array['t' || n % 300, 'u' || n % 7], jsonb_build_object('k' || n % 400, n)
        from generate_series(1, 50000) n
    """)
    database.execute("vacuum analyze events")
    course = course_of(
        orders(database),
        OPEN,
        "select id from events where tags @> array['t5']",
        "select id from events where body @> '{\"k5\": 5}'",
    )
    found = " ".join(made(course))
    assert "where state = 'open'" in found
    assert "using gin (tags)" in found
    assert "using gin (body jsonb_path_ops)" in found


def test_the_narrowest_of_equally_good_indexes_is_taken(database: "Database") -> None:
    course = course_of(orders(database), "select * from orders where customer = 7 order by day desc limit 5")
    assert made(course) in (["public.orders (customer)"], ["public.orders (customer, day)"])


def test_a_partitioned_tables_size_is_that_of_its_partitions(database: "Database") -> None:
    """What an index must earn is measured by the size of the tables: a partitioned one holds nothing itself."""
    database.execute("create table logs (day date not null, customer int, note text) partition by range (day)")
    for month in (1, 2):
        borders = f"('2026-0{month}-01') to ('2026-0{month + 1}-01')"
        database.execute(f"create table logs_{month} partition of logs for values from {borders}")
    database.execute("""
        insert into logs select date '2026-01-01' + n % 59, n % 5000, repeat('x', 100) from generate_series(1, 60000) n
    """)
    database.execute("vacuum analyze")
    course = course_of(snapshot_of(database), "select * from logs where customer = 7")
    assert made(course) == ["only public.logs (customer)"]


@pytest.mark.parametrize(
    ("by_day_ms", "calls", "writes", "is_built"),
    [(800.0, 10, 10, True), (8.0, 10, 10, False), (800.0, 1, 10, False), (80.0, 10, 1e7, False)],
    ids=["slow in itself", "quick", "asked once", "the writes would pay too much"],
)
def test_a_statement_that_is_slow_in_itself_gets_its_index_however_small_its_share(
    database: "Database", by_day_ms: float, calls: int, writes: float, *, is_built: bool
) -> None:
    statements = (
        statement("select count(*) from orders where note like '%y%'", 1e6, 20.0),
        statement("update orders set day = day + 1, note = 'y' where id = 5", writes, 0.1),
        statement("select sum(id) from orders where day = '2026-02-01'", calls, by_day_ms),
    )
    course = drive(course_for(orders(database), Workload(statements=statements, source="a test")))
    assert any(sql.startswith("public.orders (day") for sql in made(course)) == is_built
    effect = course.workload
    assert effect.lower_bound is not None
    assert effect.lower_bound <= effect.frontier[-1].cost <= 1.01


@pytest.mark.parametrize(("mean_ms", "is_built"), [(20.0, True), (2.0, False)], ids=["slow in itself", "quick"])
def test_a_slow_statement_gets_its_index_though_another_helps_it_a_little(
    database: "Database", mean_ms: float, *, is_built: bool
) -> None:
    """What the other leaves of it would not pay for one."""
    statements = (
        statement("select count(*) from orders where note like '%y%'", 6_000, 100.0),
        statement("select count(*) from orders where day = '2026-02-01'", 4_000, 90.0),
        statement("select id from orders where customer = 7 and day >= '2026-08-15'", 20_000 / mean_ms, mean_ms),
    )
    course = drive(course_for(orders(database), Workload(statements=statements, source="a test")))
    assert any(sql.startswith("public.orders (day") for sql in made(course))
    assert any(sql.startswith("public.orders (customer") for sql in made(course)) == is_built


def test_writes_weigh_against_an_index(database: "Database") -> None:
    snapshot = orders(database)
    write = "-- weight: {}\nupdate orders set day = day + 1, note = 'y' where id = 5"
    few, many = (course_of(snapshot, BY_DAY, write.format(weight), aims=Aims(objective="cost")) for weight in (1, 1e6))
    assert made(few)
    assert made(many) == []
