"""Whoever could miss a dropped index is asked about afterwards."""

from typing import TYPE_CHECKING

import pytest

from pgclinic.advise.watching import with_watches
from pgclinic.model.workload import Workload, WorkloadStatement
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.remedies import drop_index
from pgclinic.verbs.driving import drive
from treating import plain

if TYPE_CHECKING:
    from conftest import Database


def statement(fingerprint: str, sql: str, total_ms: float) -> WorkloadStatement:
    return WorkloadStatement(fingerprint=fingerprint, name=fingerprint, sql=sql, total_ms=total_ms)


@pytest.mark.server
def test_a_drop_watches_the_statements_of_its_table_and_nothing_else_watches(database: "Database") -> None:
    database.execute('create table "Calls" (id int, phone text); create table other (id int)')
    database.execute('create index by_phone on "Calls" (phone)')
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    (index,) = (each for each in snapshot.indexes if each.name == "by_phone")
    workload = Workload(
        source="test",
        statements=(
            statement("light", 'select * from "Calls" where phone = $1', 1.0),
            statement("heavy", 'select * from "Calls" join other using (id)', 9.0),
            statement("strange", "select * from other", 99.0),
            statement("broken", "select from where", 99.0),
        ),
    )
    drop = drop_index.prescribe(index, reason="nobody reads it")
    other = plain("view", "v", ["create view v as select 1"], ["drop view v"])
    watching, untouched = with_watches(snapshot, workload, (drop, other))
    assert [each.fingerprint for each in watching.watches] == ["heavy", "light"]
    assert untouched is other
