"""Which relations a twin needs for a workload: those named, and all that they need."""

from typing import TYPE_CHECKING

import pytest

from pgclinic.advise.touched import relations_touched
from pgclinic.model.plan import Plan, Question
from pgclinic.model.workload import Workload, WorkloadStatement
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.twin.planner import Twin
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select * from plain where a = $1", {"plain"}),
        ("select * from outer_view", {"outer_view", "inner_view", "plain", "Quoted"}),
        ("insert into part_1 values (1)", {"whole", "part_1", "part_2"}),
        ("update heir set a = 1", {"plain_parent", "heir"}),
        ("select * from guarded", {"guarded", "members"}),
        ("select counted()", {"Quoted", "members"}),
        ("with w as (delete from plain returning a) select * from w where exists (select from members)",
         {"plain", "members"}),
        ("merge into plain using members as m on m.a = plain.a when matched then delete", {"plain", "members"}),
        ("select * from other.twice", {"other.twice"}),
        ("select * from pg_class, nothing", set()),
        ("select from where", set()),
    ],
)  # fmt: skip
def test_what_a_statement_needs(database: "Database", sql: str, expected: set[str]) -> None:
    for statement in (
        'create table plain (a int); create table "Quoted" (a int); create table members (a int)',
        "create table unused (a int)",
        'create view inner_view as select plain.a from plain join "Quoted" using (a)',
        "create view outer_view as select * from inner_view",
        "create table whole (a int) partition by range (a)",
        "create table part_1 partition of whole for values from (0) to (5)",
        "create table part_2 partition of whole default",
        "create table plain_parent (a int); create table heir () inherits (plain_parent)",
        "create function is_member(int) returns boolean stable language sql as 'select exists (select from members)'",
        "create table guarded (a int); create policy p on guarded using (is_member(a))",
        (
            "create function counted() returns bigint stable language plpgsql as"
            " 'begin return count(*) from \"Quoted\" where is_member(1); end'"
        ),
        "create schema other; create table other.twice (a int); create table twice (a int)",
    ):
        database.execute(statement)
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    workload = Workload(statements=(WorkloadStatement(fingerprint="", name="", sql=sql),), source="test")
    touched = relations_touched(snapshot, workload)
    assert {str(snapshot.relation_by_oid[oid].relation_name) for oid in touched} == expected
    if expected and "with" not in sql:
        with Twin(snapshot, relations=touched) as twin:
            assert isinstance(twin.plan(Question(sql=sql)), Plan)
