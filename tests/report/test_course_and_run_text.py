import msgspec

from pgclinic.model.prescription import Course
from pgclinic.model.proof import Proof
from pgclinic.model.treatment import Treatment
from pgclinic.report import course_text, run_json, run_text, treatment_text


def test_a_prescription_shows_its_sql_size_lock_and_planned_gain(course: Course) -> None:
    text = course_text.text(course)
    assert "create index concurrently vapi_calls_phone_number_idx" in text
    assert "14 MB (estimated) · lock share update exclusive" in text
    assert "planned" in text
    assert " ms" not in text


def test_a_treatment_says_what_to_do_next(treatment: Treatment) -> None:
    assert "undo takes it back" in treatment_text.text(treatment)


def test_a_run_leaves_percentiles_empty_where_samples_are_too_few(proof: Proof) -> None:
    row = next(line for line in run_text.text(proof.before).splitlines() if "active now" in line)
    assert row.split() == ["active", "now", "40", "201", "362"]


def test_results_that_differ_are_said(proof: Proof) -> None:
    wrong = msgspec.structs.replace(proof.statements[0], equal_results=False)
    text = run_text.proof_text(msgspec.structs.replace(proof, statements=(wrong,)))
    assert "results differ: phone search" in text
    assert '"times_faster"' in run_json.encode_proof(proof)


def test_no_workload_is_not_taken_for_a_healthy_one(course: Course) -> None:
    effect = msgspec.structs.replace(course.workload, statements=0, omitted=())
    text = course_text.text(msgspec.structs.replace(course, prescriptions=(), workload=effect))
    assert "There is no workload to plan for" in text
    healthy = course_text.text(msgspec.structs.replace(course, prescriptions=()))
    assert "Nothing was found" in healthy
