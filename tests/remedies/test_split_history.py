"""The past of a table that was partitioned, split into partitions of its own, and made one again."""

from typing import TYPE_CHECKING, Any

import pytest
from tests.remedies.test_partition_table import CARRIED, ROWS, TABLE, conversion, division

from pgclinic.model.names import ObjectName
from pgclinic.model.treatment import State
from pgclinic.remedies import split_history
from pgclinic.remedies.split_history import Split
from pgclinic.verbs.driving import drive
from pgclinic.verbs.treat import treat
from pgclinic.verbs.undo import undo
from treating import course_of, of_remedy, schema_of, states

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Database

pytestmark = pytest.mark.server

SIZES = """
    select relname, pg_get_expr(relpartbound, oid) as bound, (xpath('/row/n/text()', query_to_xml(
        format('select count(*) as n from only %s', oid::regclass), true, true, '')))[1]::text::int
    from pg_inherits join pg_class on oid = inhrelid where inhparent = 'events'::regclass order by oid
"""


@pytest.fixture(autouse=True)
def journals(tmp_path: "Path", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def splitting(database: Any, divided: Any) -> Any:
    [(beginning,)] = database.execute("select date_trunc('month', now() - interval '2000 hours')::text")
    remedy = split_history.remedy(Split(division=divided, beginning=beginning))
    return course_of(database, of_remedy(remedy, ObjectName("history", "events", schema="public")))


def test_the_past_becomes_a_partition_for_each_month_and_one_again(database_on_each: "Database") -> None:
    database = database_on_each
    database.execute(TABLE)
    database.execute("insert into events (kind, at) values ('oldest', '2020-01-01')")
    plain, divided = schema_of(database), division(database)
    assert states(drive(treat(database.conninfo, conversion(database)))) == [State.DONE]
    rows, schema, carried = database.execute(ROWS), schema_of(database), database.execute(CARRIED)
    course = splitting(database, divided)
    treatment = drive(treat(database.conninfo, course))
    assert states(treatment) == [State.DONE], treatment.entries[0].error
    assert database.execute(ROWS) == rows
    assert database.execute(CARRIED) == carried
    sizes = {name: count for name, _, count in database.execute(SIZES)}
    print(sizes)
    assert sizes.pop("events_past") == 1
    assert sum(sizes.values()) == 2000
    assert max(sizes.values()) <= 31 * 24
    entries = drive(undo(database.conninfo, item=2)).entries
    assert entries[0].error == ""
    assert database.execute(ROWS) == rows
    assert schema_of(database) == schema
    assert drive(undo(database.conninfo, purge=True)).entries[0].error == ""
    assert schema_of(database) == plain
