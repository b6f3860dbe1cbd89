from typing import TYPE_CHECKING

import pytest

from pgclinic.model.finding import Severity
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive
from pgclinic.verbs.planned_checkup import planned_checkup

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server


def test_what_a_planner_adds_says_why_and_is_not_weighed_twice(database: "Database") -> None:
    with database.connect() as connection:
        connection.execute("create extension pg_stat_statements")
        connection.execute(
            "create table visits as select n as id, md5(n::text) as code from generate_series(1, 40000) n"
        )
        connection.execute("analyze visits")
        for _ in range(60):
            connection.execute("select id from visits where code = 'a'")
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))

    alone = drive(checkup(snapshot))
    planned = drive(planned_checkup(snapshot, lambda seen, course: checkup(seen, course=course)))

    assert "missing_index" not in alone.examined
    assert "missing_index" in planned.examined
    (missing,) = (finding for finding in planned.findings if finding.check == "missing_index")
    (scans,) = (finding for finding in planned.findings if finding.check == "sequential_scans")
    assert scans.fingerprint in missing.explains
    assert (missing.severity, missing.burden) == (Severity.WARNING, 0.0)
    assert missing.remedy is not None
    assert missing.remedy.undo
    assert set(alone.findings) == set(planned.findings) - {missing}
    assert planned.grade.score == alone.grade.score
    assert planned.grade.confidence == alone.grade.confidence


def test_without_statements_nothing_is_planned(database: "Database") -> None:
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    planned = drive(planned_checkup(snapshot, lambda seen, course: checkup(seen, course=course)))
    assert planned == drive(checkup(snapshot))
