"""A prescription file: readable by machines, read back equal, refused with one sentence when it is something else."""

import json
from typing import Any

import msgspec
import pytest

from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.errors import UserError
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.names import RelationName
from pgclinic.model.prescription import (
    Course,
    Gather,
    Patient,
    Replacement,
    StatementGain,
    StatementMapping,
    WorkloadEffect,
)
from pgclinic.remedies.create_index import prescribe
from pgclinic.report.course_json import decode, encode

TABLE = RelationName("public", 'Odd "table"')


@pytest.fixture
def course() -> Course:
    definition = IndexDefinition(TABLE, (IndexKey("phone", descending=True), IndexKey("lower(x)", is_column=False)))
    gain = StatementGain(fingerprint="ab", name="search", sql="select 1", cost_before=10.5, cost_after=2.0, weight=0.5)
    mapping = StatementMapping(original="ab", replacements=(Replacement(sql="select 2", parameters=(Gather(1),)),))
    prescription = prescribe(
        definition,
        name="odd_idx",
        size_bytes=8192,
        reason="searched by phone",
        gains=(gain,),
        cures=("0123456789ab",),
        facts=(Fact("calls", 3), Fact("share", 0.5, Unit.RATIO, Provenance.ESTIMATED), Fact("text", "a\nb", Unit.TEXT)),
    )
    prescription = msgspec.structs.replace(prescription, mappings=(mapping,))
    patient = Patient(
        database="d", database_oid=5, system_identifier="7", version_num=180000, clock="2026-01-01T00:00:00+00:00"
    )
    effect = WorkloadEffect(cost_before=100.0, cost_after=10.0, planned_by="PostgreSQL 18", statements=1, plans=2)
    return Course(patient=patient, prescriptions=(prescription,), workload=effect)


def changed(course: Course, path: list[Any], value: Any) -> bytes:
    document = json.loads(encode(course))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(document).encode()


def test_is_read_back_equal(course: Course) -> None:
    assert decode(encode(course)) == course


def test_two_writings_are_the_same_bytes(course: Course) -> None:
    assert encode(decode(encode(course))) == encode(course)


def test_says_what_machines_ask(course: Course) -> None:
    document = json.loads(encode(course))
    item = document["items"][0]
    assert item["kind"] == "create_index"
    build, gather = course.prescriptions[0].do
    assert item["sql"] == f"{build.sql};\n{gather.sql};"
    assert gather.sql == 'analyze public."Odd ""table"""'
    assert item["undo"] == "drop index concurrently public.odd_idx;"
    assert item["size_bytes"] == 8192
    assert document["contract_version"] == "1"
    assert document["workload"]["cost_before"] == 100
    assert document["workload"]["cost_after"] == 10
    assert document["workload"]["planned_by"] == "PostgreSQL 18"


def test_changed_sql_is_refused(course: Course) -> None:
    with pytest.raises(UserError, match="changed by hand"):
        decode(changed(course, ["items", 0, "sql"], "drop table users;"))


def test_sql_changed_in_both_places_is_refused_too(course: Course) -> None:
    document = encode(course).replace(b"create index concurrently odd_idx", b"drop table odd; -- odd_idx")
    assert document != encode(course)
    with pytest.raises(UserError, match="changed by hand"):
        decode(document)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["contract_version"], "99", "contract version"),
        (["patient"], None, "damaged"),
        (["workload", "cost_before"], "much", "damaged"),
        (["items"], {"a": 1}, "damaged"),
        (["items", 0], 3, "damaged"),
        (["items", 0, "do_steps"], None, "damaged"),
        (["items", 0, "hazards"], ["unheard of"], "damaged"),
    ],
)
def test_damage_is_one_sentence(course: Course, path: list[Any], value: Any, words: str) -> None:
    with pytest.raises(UserError, match=words):
        decode(changed(course, path, value))


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b"[]", b"{}", b'"x"', b"create index on t (a);"])
def test_something_else_is_one_sentence(text: bytes) -> None:
    with pytest.raises(UserError, match="prescri"):
        decode(text)
