"""What was seen, planned: by the server's own planner on a twin of it."""

from typing import TYPE_CHECKING

import pytest

from pgclinic.advise.parameters import parameter_sets
from pgclinic.model.plan import Plan, Question
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import SeenStatement, Workload, WorkloadStatement
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.shape import shape_of
from pgclinic.sql.squashing import squashed_numbers
from pgclinic.twin.planner import Twin
from pgclinic.verbs.driving import drive
from pgclinic.workload.seen import joined

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

SCHEMA = """
create table calls (id bigint primary key, phone text, price numeric, tags text[], at timestamptz, note jsonb);
insert into calls
select n, '+' || (n % 50), n / 7.0, array['tag' || n % 20], '2026-01-01'::timestamptz + n * interval '1 minute',
       jsonb_build_object('kind', n % 3)
from generate_series(1, 20000) n;
analyze calls;
"""

SEEN = [
    "select * from calls where id in (1, 2, 3, 4, 5)",
    "select price / 2.5, -1 from calls where price > -3.5 and phone like '+1%' limit 10",
    "select date_trunc('hour', at), count(*) from calls where at > now() - interval '1 day' group by 1 order by 2 desc",
    "select s from generate_series(1, 10) s left join calls c on c.id = s and c.phone = '+1'",
    "select s from generate_series('2026-01-01'::timestamptz, now(), '1 day') s",
    "select * from calls where tags @> array['tag1'] and note @> '{\"kind\": 1}'",
    "select * from calls where id = any('{1,2,3}') and phone = any(array['+1', '+2']) and not (price = 5)",
    "select round(price, 2), coalesce(phone, 'none') from calls where (null::text is null or phone = null) offset 5",
    "insert into calls (id, phone) values (1000001, 'x'), (1000002, null)",
    "update calls set price = price + 1, at = now() where id = 17 and phone <> 'x'",
]


def snapshot_of(database: "Database") -> Snapshot:
    database.execute(SCHEMA)
    with open_session(database.conninfo) as session:
        return drive(collect(session))


def planned(twin: Twin, statement: WorkloadStatement) -> list[float]:
    """The costs with each set of values, and of the generic plan at the end."""
    costs = []
    for parameters in (*statement.parameters, None):
        plan = twin.plan(Question(sql=statement.sql, parameters=parameters))
        assert isinstance(plan, Plan), (statement, parameters, plan)
        costs.append(plan.cost)
    return costs


def test_statements_cost_with_their_values_what_they_cost_on_the_server(database_on_each: "Database") -> None:
    snapshot = snapshot_of(database_on_each)
    seen = [SeenStatement(sql=sql, duration_ms=1) for sql in SEEN]
    workload = joined(Workload(statements=(), source=""), seen, database=database_on_each.name)
    assert workload.omissions == ()
    assert len(workload.statements) == len(SEEN)
    with Twin(snapshot) as twin:
        found = sorted(round(planned(twin, statement)[0], 2) for statement in workload.statements)
    own = []
    for sql in SEEN:
        ((plan,),) = database_on_each.execute(f"explain (format json) {sql}")
        own.append(round(plan[0]["Plan"]["Total Cost"], 2))
    assert found == pytest.approx(sorted(own), rel=0.001)


def drawn(snapshot: Snapshot, sql: str) -> WorkloadStatement:
    shape = shape_of(sql, resolver_of(snapshot, ""))
    sets = parameter_sets(shape, snapshot, 10, squashed=squashed_numbers(sql))
    return WorkloadStatement(fingerprint="", name="", sql=sql, parameters=sets)


def test_values_are_drawn_where_statistics_know_them_and_the_rest_stays_open(database_on_each: "Database") -> None:
    snapshot = snapshot_of(database_on_each)
    with Twin(snapshot) as twin:
        lists = drawn(snapshot, "select * from calls where phone in ($1 /*, ... */) and price > $2")
        assert [len((each.values[0] or "").split(",")) for each in lists.parameters] == [1, 5, 20]
        costs = planned(twin, lists)
        assert len(set(costs[:3])) == 3
        open_ones = drawn(snapshot, "select date_trunc($1, at), $2, count(*) from calls where phone = $3 group by 1")
        assert [each.open for each in open_ones.parameters] == [frozenset({1, 2})] * 3
        assert len(planned(twin, open_ones)) == 4
        patterns = drawn(snapshot, "select * from calls where phone like $1 limit $2")
        assert [each.values[0] for each in patterns.parameters if each.values[0]] != []
        assert all("%" in (each.values[0] or "") for each in patterns.parameters)
        assert {each.values[1] for each in patterns.parameters} == {"10"}
        planned(twin, patterns)
        contained = drawn(snapshot, "select * from calls where tags @> $1 and note @> $2")
        assert all(each.values[0] and "tag" in each.values[0] for each in contained.parameters)
        assert all(each.values[1] and "kind" in each.values[1] for each in contained.parameters)
        planned(twin, contained)
        arrays = drawn(snapshot, "select * from calls where phone = any($1) order by id limit $2 offset $3")
        assert [len((each.values[0] or "").split(",")) for each in arrays.parameters] == [1, 5, 20]
        planned(twin, arrays)
        unknown = drawn(snapshot, "select $1, s from generate_series($2, $3) s")
        assert unknown.parameters == ()
        planned(twin, unknown)
