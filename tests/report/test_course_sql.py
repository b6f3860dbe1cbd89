"""Migration texts: every statement with what it costs, and nothing that escapes from a comment."""

import msgspec
import pytest

from pgclinic.model.catalog import Index, IndexDefinition, IndexKey, Policy, Relation
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.names import RelationName
from pgclinic.model.prescription import Course, Patient, StatementGain, WorkloadEffect
from pgclinic.remedies import create_index, drop_index, rewrite_policies
from pgclinic.report.course_sql import down, up
from pgclinic.sql.statements import split

HOSTILE = "select 1 /* x\n; drop table users; --\r\ndrop table users; */ -- \u2028 \x1b[31m \\! rm\n\\! touch /tmp/x"


@pytest.fixture
def course() -> Course:
    table = RelationName("public", "calls\n; drop table users; --")
    gain = StatementGain(fingerprint="ab", name="search", sql=HOSTILE, cost_before=1234.5, cost_after=2)
    create = create_index.prescribe(
        IndexDefinition(table, (IndexKey("phone"),)),
        name="calls_phone_idx",
        size_bytes=3 << 20,
        reason=HOSTILE,
        gains=(gain,),
        facts=(Fact("share of time", 0.5, Unit.RATIO), Fact("text", HOSTILE, Unit.TEXT, Provenance.ESTIMATED)),
    )
    index = Index(
        oid=1,
        relation=2,
        schema="public",
        name="old_idx",
        definition=IndexDefinition(RelationName("public", "leads"), (IndexKey("a"),)),
        sql="CREATE INDEX old_idx ON public.leads USING btree (a)",
    )
    patient = Patient(database="d\n", database_oid=5, system_identifier="7", version_num=180000, clock="now")
    effect = WorkloadEffect(cost_before=100, cost_after=10, planned_by="PostgreSQL 18\n;", statements=1)
    drop = drop_index.prescribe(index, reason="nobody uses it")
    return Course(patient=patient, prescriptions=(create, drop), workload=effect)


def executed(script: str) -> list[str]:
    """What a server would run: the statements without the comments before them."""
    pieces = []
    for piece in split(script):
        lines = piece.split("\n")
        while lines and (lines[0].startswith("--") or not lines[0].strip()):
            lines.pop(0)
        pieces.append("\n".join(lines))
    return [piece for piece in pieces if not piece.startswith("set ")]


def test_hostile_texts_stay_in_comments(course: Course) -> None:
    assert executed(up(course)) == [statement.sql for item in course.prescriptions for statement in item.do]
    for character in ("\r", "\x1b", "\u2028"):
        assert character not in up(course)


def test_no_line_of_a_comment_starts_anew(course: Course) -> None:
    safe = msgspec.structs.replace(course, prescriptions=course.prescriptions[1:])
    for line in up(safe).splitlines():
        assert not line or line.startswith(("-- ", "--", "set ", "drop index concurrently "))


def test_the_way_back_is_last_item_first(course: Course) -> None:
    assert executed(down(course)) == [
        "CREATE INDEX CONCURRENTLY old_idx ON public.leads USING btree (a)",
        "drop index concurrently public.calls_phone_idx",
    ]


def test_what_belongs_together_is_one_transaction(course: Course) -> None:
    table = Relation(oid=1, schema="public", name="calls", kind="r", owner="app")
    old = Policy(relation=1, name="old", command="SELECT", using="a = b")
    cure = rewrite_policies.remedy(table, [old], [msgspec.structs.replace(old, name="new")])
    item = msgspec.structs.replace(course.prescriptions[0], do=cure.do, undo=cure.undo)
    both = msgspec.structs.replace(course, prescriptions=(item,))
    for script, statements in ((up(both), cure.do), (down(both), cure.undo)):
        assert executed(script) == ["begin", *(statement.sql for statement in statements), "commit"]


def test_says_lock_size_and_planned_gain(course: Course) -> None:
    text = up(course)
    assert "SHARE UPDATE EXCLUSIVE" in text
    assert "size: 3 MB (estimated)" in text
    assert "planned gain: cost 1,234 -> 2" in text
    assert "share of time: 50 %" in text


def test_says_how_to_run_it(course: Course) -> None:
    assert "not with -1" in up(course)
    assert "set lock_timeout = '10min';" in up(course)
