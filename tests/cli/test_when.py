"""Part of a plan: what can be done now is applied, and the rest is left for another day."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from pgclinic.cli.files import read_course
from pgclinic.model.prescription import When
from pgclinic.report import course_json

if TYPE_CHECKING:
    from tests.cli.conftest import Run

    from conftest import Database

pytestmark = [pytest.mark.server, pytest.mark.end_to_end]


def test_treat_applies_what_is_for_now_and_no_more(database: "Database", pgclinic: "Run", tmp_path: Path) -> None:
    database.execute("""
        create table calls (id int primary key, note text);
        create index one on calls (note);
        create index two on calls (note);
        create table texts (id int primary key, note text);
        create index three on texts (note);
        create index four on texts (note);
        insert into calls select n, md5(n::text) from generate_series(1, 20000) n;
        insert into texts select * from calls;
        analyze;
    """)
    assert pgclinic("prescribe", database.conninfo, "-o", "plan", "--only", "drop_index").returncode == 0
    course = read_course(tmp_path / "plan")
    first, *rest = course.prescriptions
    assert {item.when for item in course.prescriptions} == {When.NOW}
    later = tuple(msgspec.structs.replace(item, when=When.THIS_MONTH) for item in rest)
    course = msgspec.structs.replace(course, prescriptions=(first, *later))
    (tmp_path / "plan" / "prescription.json").write_bytes(course_json.encode(course))
    for when, dropped in (("now", 1), ("week", 1), ("month", 2)):
        run = pgclinic("treat", database.conninfo, "plan", "--when", when, "--yes", "--format", "json")
        assert run.returncode == 0, run.stderr
        assert len(json.loads(run.stdout)["items"]) == dropped
        left = "select count(*) from pg_indexes where indexname in ('one', 'two', 'three', 'four')"
        assert database.execute(left) == [(4 - dropped,)]
