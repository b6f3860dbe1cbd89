"""What the checks found is prescribed beside the indexes, applied, and found no more."""

from pathlib import Path
from typing import Any

import pytest

from pgclinic.cli.choices import kinds_of
from pgclinic.model.errors import UserError
from pgclinic.model.names import RelationName
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.report import course_json, course_sql, course_text
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import INDEX, KINDS, prescribe
from pgclinic.verbs.treat import treat
from pgclinic.verbs.undo import undo


def test_kinds_are_the_index_adviser_and_every_remedy() -> None:
    assert INDEX in KINDS
    assert {"drop_index", "alter_system", "set_storage_parameters"} <= set(KINDS)
    assert kinds_of(None, None) == frozenset(KINDS)
    assert kinds_of(["index,drop_index"], None) == {"index", "drop_index"}
    assert kinds_of(None, ["index"]) == frozenset(KINDS) - {"index"}
    with pytest.raises(UserError, match="--only: there is no 'indexes'"):
        kinds_of(["indexes"], None)


@pytest.mark.server
def test_a_remedy_is_prescribed_applied_and_taken_back(
    database_on_each: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    database = database_on_each
    database.execute("""
        create table calls (id int, phone text);
        insert into calls select i, i::text from generate_series(1, 20000) as i;
        create index one on calls (phone);
        create index two on calls (phone);
        analyze calls;
    """)
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    course = drive(prescribe(snapshot, kinds={"drop_index"}))
    (item,) = course.prescriptions
    assert (item.kind, item.object.name) == ("drop_index", "two")
    (table,) = course.tables
    assert table.name == RelationName("public", "calls")
    assert (table.columns, table.rows, table.indexes) == (("id integer", "phone text"), 20000.0, ("one", "two"))
    assert course_json.decode(course_json.encode(course)) == course
    assert "planner cost" not in course_text.text(course)  # nothing was planned
    assert "Planned" not in course_sql.up(course)
    assert "drop index concurrently public.two;" in course_sql.up(course)

    assert drive(treat(database.conninfo, course)).is_complete
    with open_session(database.conninfo) as connection:
        found = drive(checkup(drive(collect(connection)), only=("duplicate_index",)))
    assert found.findings == ()
    drive(undo(database.conninfo))
    assert database.execute("select to_regclass('two') is not null") == [(True,)]


@pytest.mark.server
def test_where_nothing_is_ill_nothing_is_prescribed_and_that_is_said(database: Any) -> None:
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    course = drive(prescribe(snapshot, kinds={"drop_index"}))
    assert course.prescriptions == ()
    assert "Nothing was found that such a treatment would cure" in course_text.text(course)
