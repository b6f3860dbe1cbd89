"""The past of a table that was partitioned, split into partitions of its own, and made one again."""

from typing import TYPE_CHECKING, Any

import pytest
from tests.remedies.test_partition_table import CARRIED, ROWS, TABLE, conversion, division

from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.treatment import State
from pgclinic.remedies import partition_table, split_history
from pgclinic.remedies.partition_table import Division
from pgclinic.remedies.split_history import Split
from pgclinic.verbs.driving import drive
from pgclinic.verbs.treat import treat
from pgclinic.verbs.undo import undo
from treating import course_of, of_remedy, schema_of, states

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Database

pytestmark = pytest.mark.server

SIZES = "select tableoid::regclass::text, count(*) from events group by 1"


@pytest.fixture(autouse=True)
def journals(tmp_path: "Path", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def first_of(database: Any) -> str:
    """The month in which the rows of TABLE begin."""
    [(beginning,)] = database.execute("select date_trunc('month', now() - interval '2000 hours')::text")
    return str(beginning)


def splitting(database: Any, divided: Any) -> Any:
    remedy = split_history.remedy(Split(division=divided, beginning=first_of(database)))
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
    sizes = dict(database.execute(SIZES))
    assert sizes.pop("events_past") == 1
    assert sum(sizes.values()) == 2000
    assert max(sizes.values()) <= 31 * 24
    entries = drive(undo(database.conninfo, item=2)).entries
    assert entries[0].error == ""
    assert database.execute(ROWS) == rows
    assert schema_of(database) == schema
    assert drive(undo(database.conninfo, purge=True)).entries[0].error == ""
    assert schema_of(database) == plain


def test_what_was_seen_too_early_is_written_as_it_became(database: "Database") -> None:
    database.execute(TABLE)
    database.execute("drop publication everything")  # which refuses updates of generated columns since 18
    divided = division(database)
    drive(treat(database.conninfo, conversion(database)))
    do = split_history.remedy(Split(division=divided, beginning=first_of(database))).do
    with database.connect() as clinic, database.connect() as late:
        late.execute("begin isolation level repeatable read")
        late.execute("select count(*) from events")
        for statement in do[:4]:
            clinic.execute(statement.sql)
        while clinic.execute(do[4].sql).rowcount:
            pass
        # To this transaction nothing has been copied yet.
        late.execute("delete from events where number <= 100")
        late.execute("update events set kind = 'late' where number between 101 and 200")
        late.execute("update events set number = case number when 301 then 302 else 301 end, at = late.at"
                     " from (select max(at) as at from events where number in (301, 302)) as late"
                     " where number in (301, 302)")  # fmt: skip
        late.execute("update events set at = now() + interval '5 days' where number = 303")
        late.execute("commit")
        rows = database.execute(ROWS)
        while clinic.execute(do[4].sql).rowcount:
            pass
        clinic.execute("vacuum full events_past")
        clinic.execute("update events set kind = 'last' where number = 404")
        changed = database.execute(ROWS)
        for statement in do[5:]:
            clinic.execute(statement.sql)
    assert rows != changed
    assert database.execute(ROWS) == changed
    assert database.execute("select count(*) from only events_past") == [(0,)]


def test_a_truncated_table_stays_empty(database: "Database") -> None:
    database.execute(TABLE)
    divided = division(database)
    drive(treat(database.conninfo, conversion(database)))
    do = split_history.remedy(Split(division=divided, beginning=first_of(database))).do
    with database.connect() as clinic:
        for statement in do[:5]:
            clinic.execute(statement.sql)
        clinic.execute("truncate events")
        clinic.execute("insert into events (kind) values ('new')")
        for statement in do[5:]:
            clinic.execute(statement.sql)
    assert database.execute("select kind from events") == [("new",)]


@pytest.mark.parametrize("steps", [4, 5])
def test_what_is_half_filled_is_given_up_without_a_trace(database: "Database", steps: int) -> None:
    database.execute(TABLE)
    divided = division(database)
    drive(treat(database.conninfo, conversion(database)))
    schema, rows = schema_of(database), database.execute(ROWS)
    remedy = split_history.remedy(Split(division=divided, beginning=first_of(database)))
    with database.connect() as clinic:
        for statement in (*remedy.do[:steps], *(each for each in remedy.undo if each.needs <= steps)):
            clinic.execute(statement.sql)
    assert schema_of(database) == schema
    assert database.execute(ROWS) == rows


def test_who_is_sent_every_table_would_be_sent_the_copies_too(database: "Database") -> None:
    database.execute(TABLE)
    divided = division(database)
    drive(treat(database.conninfo, conversion(database)))
    database.execute("create publication all_of_it for all tables with (publish_via_partition_root = true)")
    schema = schema_of(database)
    [entry] = drive(treat(database.conninfo, splitting(database, divided))).entries
    assert entry.state is State.FAILED
    assert "publication all_of_it sends every table" in entry.error
    drive(undo(database.conninfo, item=2))
    assert schema_of(database) == schema


def test_names_in_quotes_and_keys_of_several_columns(database: "Database") -> None:
    database.execute("""
        create table "Odd ""$pgclinic$ name" (
            "On" date not null, "a ""b"" C" int, word text, primary key ("a ""b"" C", "On")
        );
        insert into "Odd ""$pgclinic$ name"
        select now() - n * interval '1 day', n % 3, 'x' from generate_series(1, 90) as n;
    """)
    table = RelationName("public", 'Odd "$pgclinic$ name')
    divided = Division(table=table, key="On", key_type="date", interval="1 week", primary=('a "b" C', "On"))
    [(beginning,)] = database.execute("select date_trunc('week', now() - interval '90 days')::date::text")
    subject = ObjectName("table", table.name, schema="public")
    remedies = (partition_table.remedy(divided), split_history.remedy(Split(division=divided, beginning=beginning)))
    schema = schema_of(database)
    course = course_of(database, *(of_remedy(each, subject) for each in remedies))
    assert [entry.error for entry in drive(treat(database.conninfo, course)).entries] == ["", ""]
    counts = database.execute('select tableoid, count(*) from "Odd ""$pgclinic$ name" group by 1')
    assert sum(count for _, count in counts) == 90
    assert max(count for _, count in counts) == 7
    assert [entry.error for entry in drive(undo(database.conninfo, purge=True)).entries] == ["", ""]
    assert schema_of(database) == schema
