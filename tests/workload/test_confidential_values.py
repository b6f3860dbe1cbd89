"""Values that were seen are planned with and never told."""

from typing import TYPE_CHECKING

import pytest

from pgclinic.model.workload import SeenStatement
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.report.course_html import page
from pgclinic.report.course_json import encode
from pgclinic.report.course_sql import up
from pgclinic.report.course_text import text
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import prescribe

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server


def test_no_form_of_a_prescription_holds_a_value_that_was_seen(database: "Database") -> None:
    database.execute("create table calls (id bigint primary key, phone text, seconds int)")
    database.execute("insert into calls select n, '+1' || n % 9000, n % 7 from generate_series(1, 90000) n")
    database.execute("analyze calls")
    with open_session(database.conninfo) as visit:
        snapshot = drive(collect(visit))
    seen = [
        SeenStatement(sql="select * from calls where phone = 'confidential7' and seconds > 471117", duration_ms=500),
        SeenStatement(sql="select * from calls where phone = $1", values=("confidential7",), duration_ms=500),
        SeenStatement(sql="select * from calls where seconds = $1", values=("confidential7",), duration_ms=500),
        SeenStatement(sql="select * from calls where nothing = 'confidential7'", duration_ms=500),
        SeenStatement(sql="select * from elsewhere where phone = 'confidential7'", duration_ms=500),
        SeenStatement(sql="select * frm calls where phone = 'confidential7'", duration_ms=500),
    ]
    steps = []
    course = drive(prescribe(snapshot, seen=seen, names_rejected=True), steps.append)
    assert any("(phone" in item.do[0].sql for item in course.prescriptions)
    assert any("seen" in gain.parameters for item in course.prescriptions for gain in item.gains)
    told = (encode(course).decode(), page(course), up(course), text(course), repr(course), repr(steps))
    for form in told:
        assert "confidential7" not in str(form)
        assert "471117" not in str(form)
