"""A course followed: the application's statements are found by what they ask, whatever their files are called."""

from pathlib import Path

import msgspec

from pgclinic.demo.followed import FollowedGather, followed, timers
from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import (
    ApplicationChange,
    CodeExample,
    Course,
    Gather,
    Patient,
    Prescription,
    Replacement,
    StatementMapping,
    WorkloadEffect,
)
from pgclinic.sql.statements import fingerprint

PATIENT = Patient(database="d", database_oid=1, system_identifier="1", version_num=180000, clock="2026-01-01")
EFFECT = WorkloadEffect(cost_before=1.0, cost_after=1.0, planned_by="18", statements=0)


def course(*mappings: StatementMapping, code: str = "") -> Course:
    name = ObjectName(kind="table", name="t", schema="public")
    change = ApplicationChange(summary="", examples=(CodeExample("cron", code),) if code else ())
    item = Prescription(
        kind="create_rollup", object=name, table=name, reason="", do=(), undo=(), mappings=mappings, application=change
    )
    return Course(patient=PATIENT, prescriptions=(item,), workload=EFFECT)


def mapping(asked: str, *replacements: Replacement, sql: str = "", calls: int = 1) -> StatementMapping:
    return StatementMapping(original=fingerprint(asked), replacements=replacements, sql=sql or asked, calls=calls)


def test_constants_and_parameters_of_the_application_reach_the_new_statement(tmp_path: Path) -> None:
    (tmp_path / "live.sql").write_text("select count(*) from t where status = 'active' and at > $1")
    template = "select count(*) from t where status = $1 and at > $2"
    new = Replacement(sql="select sum(n) from kept where at > $1 and status = $2", parameters=(Gather(2), Gather(1)))
    found = followed(tmp_path, course(mapping(template, new)))
    assert found["live"].gathers == (FollowedGather(1), FollowedGather(constant="active"))


def test_a_batch_gathers_its_calls_into_arrays(tmp_path: Path) -> None:
    asked = "insert into t (a, b) values ($1, $2)"
    (tmp_path / "keep.sql").write_text(asked + "\n")
    new = Replacement(sql="select write($1, $2)", parameters=(Gather(1, as_array=True), Gather(2, as_array=True)))
    found = followed(tmp_path, course(mapping(asked, new, calls=1000)))["keep"]
    assert (found.calls, found.gathers) == (1000, (FollowedGather(1, as_array=True), FollowedGather(2, as_array=True)))


def test_what_no_prescription_replaces_stays(tmp_path: Path) -> None:
    (tmp_path / "other.sql").write_text("select 1 from other")
    assert followed(tmp_path, course(mapping("select count(*) from t", Replacement(sql="select 1")))) == {}


def test_the_file_is_what_the_application_reads(tmp_path: Path) -> None:
    (tmp_path / "live.sql").write_text("select count(*) from t where status = 'active'")
    template = "select count(*) from t where status = $1"
    new = Replacement(sql="select n from kept where status = $1", parameters=(Gather(1),))
    assert msgspec.json.encode(followed(tmp_path, course(mapping(template, new)))) == (
        b'{"live":{"sql":"select n from kept where status = $1","gathers":[{"constant":"active"}],"calls":1}}'
    )


def test_timers_are_the_cron_lines_of_every_minute() -> None:
    told = course(code="* * * * *  psql \"$DATABASE_URL\" --quiet --command 'select fold()'")
    assert timers(told) == ("select fold()",)
    escaped = course(code='* * * * *  psql "$DATABASE_URL" --quiet --command \'select "100 \\%"()\'')
    assert timers(escaped) == ('select "100 %"()',)
    assert timers(course(code='17 3 * * *  psql -X -c "select nightly()"')) == ()
