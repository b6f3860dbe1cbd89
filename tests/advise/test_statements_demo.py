"""The demo's N+1, import and search are found by what they are: the same with every name changed."""

from functools import partial
from typing import TYPE_CHECKING

import msgspec
import pytest

import renaming
from pgclinic.demo.data.world import World
from pgclinic.demo.loading import load
from pgclinic.demo.workload_script import demo_script
from pgclinic.model.prescription import Prescription
from pgclinic.model.workload import Load
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import prescribe
from pgclinic.verbs.prove import prove

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

KINDS = ("batched_writes", "n_plus_one", "search_function")
TASKS = ("calls with their leads, one by one", "import of 1,000 rows", "search with filters")


def test_the_demos_storms_are_cured_and_the_mappings_return_the_same(database: "Database") -> None:
    connect = partial(open_session, database.conninfo, read_only=False, statement_timeout_ms=0, lock_timeout_ms=0)
    with database.connect() as connection:
        connection.execute("create extension pg_stat_statements")
        ((now,),) = connection.execute("select now()").fetchall()
    drive(load(connect, World(12_000, 1, now)))
    script = demo_script()
    script = msgspec.structs.replace(script, tasks=tuple(task for task in script.tasks if task.name in TASKS))
    measured = partial(prove, database.conninfo, script, Load(repeat=10, connections=2, include_writes=True))
    before = drive(measured())
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    course = drive(prescribe(snapshot, kinds=KINDS))
    assert {item.adviser for item in course.prescriptions} == set(KINDS)

    other, _ = renaming.renamed(snapshot)
    renamed = drive(prescribe(other, kinds=KINDS))
    assert [(item.adviser, len(item.do), _costs(item)) for item in renamed.prescriptions] == [
        (item.adviser, len(item.do), _costs(item)) for item in course.prescriptions
    ]

    for item in course.prescriptions:
        for statement in item.do:
            database.execute(statement.sql)
    mappings = tuple(mapping for item in course.prescriptions for mapping in item.mappings)
    after = drive(measured(mappings=mappings))
    for one, two in zip(before.statements, after.statements, strict=True):
        assert (one.name, one.calls, one.result_hash) == (two.name, two.calls, two.result_hash)
        assert two.errors == 0
    assert sum(bool(each.result_hash) for each in after.statements) == 3


def _costs(item: Prescription) -> list[tuple[float, float]]:
    return [(gain.cost_before, gain.cost_after) for gain in item.gains]
