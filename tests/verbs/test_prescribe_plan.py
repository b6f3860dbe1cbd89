"""The plan of a small shop that asks one thing at a time: what the application changes, and what is built for that."""

from typing import TYPE_CHECKING

import pytest

from pgclinic.model.prescription import Course, Risk, When
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.report import course_json, course_text
from pgclinic.sql.statements import fingerprint
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import prescribe

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

SCHEMA = """
    create extension pg_stat_statements;
    create table owners (id integer primary key, name text);
    create table pets (id integer primary key, owner integer references owners, name text);
    insert into owners select n, 'o' || n from generate_series(1, 20000) n;
    insert into pets select n, n % 20000 + 1, 'p' || n from generate_series(1, 40000) n;
    create index one on pets (name);
    create index two on pets (name);
    analyze;
"""
LISTING = "select id, name from owners order by id limit %s"
LOOKUP = "select id, name from pets where owner = %s"
ORIGINAL = fingerprint(LOOKUP.replace("%s", "$1"))


@pytest.fixture
def snapshot(database: "Database") -> Snapshot:
    """Six pages of a hundred owners, each with a look-up of its pets."""
    database.execute(SCHEMA)
    with database.connect(prepare_threshold=None) as connection:
        for _ in range(6):
            for number, _ in connection.execute(LISTING, [100]).fetchall():
                connection.execute(LOOKUP, [number]).fetchall()
    with open_session(database.conninfo) as connection:
        return drive(collect(connection))


def gained(course: Course, table: str) -> set[str]:
    """The statements that the new indexes of a table are for."""
    items = (item for item in course.prescriptions if item.kind == "create_index" and item.table.name == table)
    return {gain.fingerprint for item in items for gain in item.gains}


def test_the_index_is_planned_for_what_the_application_will_ask(snapshot: Snapshot) -> None:
    course = drive(prescribe(snapshot, kinds={"index", "n_plus_one", "drop_index"}))
    (change,) = [item for item in course.prescriptions if item.mappings]
    assert (change.mappings[0].original, change.when) == (ORIGINAL, When.THIS_WEEK)
    assert gained(course, "pets")
    assert ORIGINAL not in gained(course, "pets")
    assert [item.when for item in course.prescriptions] == sorted(
        (item.when for item in course.prescriptions), key=list(When).index
    )
    assert course.cost_left is not None
    assert course.cost_left < 0.5
    assert course.grade is not None
    assert course.grade.score_after > course.grade.score_before
    assert max(item.points for item in course.prescriptions) > 0
    assert change.saves > 0.1
    assert course_json.decode(course_json.encode(course)) == course
    assert max(map(len, course_text.text(course).splitlines())) <= 80


def test_what_is_wanted_now_is_planned_for_what_is_asked_now(snapshot: Snapshot) -> None:
    kinds = {"index", "n_plus_one", "drop_index"}
    now = drive(prescribe(snapshot, kinds=kinds, latest=When.NOW))
    assert {item.when for item in now.prescriptions} == {When.NOW}
    assert ORIGINAL in gained(now, "pets")
    assert "n_plus_one" in {each.adviser for each in now.declined}
    # The same is left of a plan of everything when only that is applied.
    whole = drive(prescribe(snapshot, kinds=kinds))
    assert "n_plus_one" in {item.kind for item in whole.prescriptions}
    assert {item.when for item in whole.until(When.NOW).prescriptions} == {When.NOW}
    assert whole.until(When.THIS_MONTH) == whole


def test_without_the_change_the_index_is_for_what_is_asked_now(snapshot: Snapshot) -> None:
    course = drive(prescribe(snapshot, kinds={"index", "n_plus_one", "drop_index"}, most_risk=Risk.LOW))
    assert not [item for item in course.prescriptions if item.mappings or item.risk > Risk.LOW]
    assert ORIGINAL in gained(course, "pets")
    assert {each.adviser for each in course.declined} >= {"n_plus_one", "drop_index"}
