"""Treatments, their pre-flight and their status: words for people, and one document for machines."""

import json

import msgspec
import pytest

from pgclinic.model.names import ObjectName
from pgclinic.model.preflight import Decision, Examination, Look, Preflight, Verdict
from pgclinic.model.treatment import State, Status, Treatment, Underway
from pgclinic.report import treatment_json, treatment_text


@pytest.fixture
def examined(treatment: Treatment, hostile: str) -> Treatment:
    """What was looked at: one item to apply, one refused for a hostile reason, one that is done."""
    prescription = treatment.entries[0].prescription
    looks = (
        Look("server", Verdict.FINE, "a primary"),
        Look("oldest transaction", Verdict.MIND, f"index builds will wait for pid 812 ({hostile}), idle, for 340 s"),
    )
    items = (
        Examination(prescription, Decision.APPLY, "", (Look("disk", Verdict.UNSEEN, "up to 28 MB needed"),)),
        Examination(prescription, Decision.REFUSED, f"the name {hostile} is taken"),
        Examination(prescription, Decision.ALREADY_DONE, "it was done before"),
    )
    return msgspec.structs.replace(treatment, preflight=Preflight("fortin", looks, items))


@pytest.fixture
def status(treatment: Treatment, hostile: str) -> Status:
    (entry,) = treatment.entries
    other = msgspec.structs.replace(
        entry.prescription, object=ObjectName("index", hostile, schema="public"), do=entry.prescription.do[:1]
    )
    entries = (
        msgspec.structs.replace(
            entry,
            started_at="2026-11-27 02:00:00+00",
            ended_at="2026-11-27 02:01:30.5+00",
            note="used by 2 of 3, 4.1x cheaper, says the planner of this server",
            applied_by="owner",
        ),
        msgspec.structs.replace(entry, prescription=other, state=State.STARTED, treatment="t2"),
        msgspec.structs.replace(entry, state=State.FAILED, treatment="t2", error="waited 60 s for pid 812"),
    )
    return Status(
        database="fortin",
        clock="2026-11-27T03:00:00+00:00",
        is_journalled=True,
        entries=entries,
        clinic="pid 4711, application pgclinic, role owner, since 02:00",
        underway=(Underway(fingerprint=other.fingerprint, pid=4712, words="building index", done=20, total=50),),
        next_steps=(("pgclinic status TARGET", "shows how far it is"),),
    )


def test_the_preflight_says_each_verdict_and_what_would_be_run(examined: Treatment) -> None:
    text = treatment_text.text(examined, dry_run=True)
    assert "nothing was changed" in text
    assert "create index concurrently" in text
    for words in ("mind  oldest transaction", "unseen  disk", "refused", "already done", "it was done before"):
        assert words in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80
    assert "lock share update exclusive, which blocks" in text


def test_the_status_tells_runs_progress_and_the_next_command(status: Status) -> None:
    text = treatment_text.status_text(status)
    assert text.count("\nRun ") == 2
    assert "90.5 s" in text
    assert "pid 4712: building index, 40 %" in text
    assert "waited 60 s for pid 812" in text
    assert text.rstrip().endswith("pgclinic status TARGET\n      shows how far it is")
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_database_that_was_never_treated_says_so() -> None:
    empty = Status(database="fortin", clock="2026-11-27T03:00:00+00:00", is_journalled=False)
    assert "Nothing was ever done to this database." in treatment_text.status_text(empty)


def test_waits_that_we_caused_are_reported_and_so_is_their_absence(treatment: Treatment) -> None:
    (entry,) = treatment.entries
    entry = msgspec.structs.replace(entry, started_at="2026-11-27 02:00:00+00", ended_at="2026-11-27 02:00:01+00")
    calm = msgspec.structs.replace(treatment, entries=(entry,))
    assert "No session was seen to wait" in treatment_text.text(calm)
    waited = msgspec.structs.replace(treatment, entries=(msgspec.structs.replace(entry, longest_wait_ms=212.4),))
    assert "longest wait of another session because of this: 212 ms at most (measured)" in " ".join(
        treatment_text.text(waited).split()
    )


def test_the_documents_hold_what_the_texts_say(examined: Treatment, status: Status) -> None:
    dry = json.loads(treatment_json.encode(examined, dry_run=True))
    assert [item["decision"] for item in dry["preflight"]["items"]] == ["apply", "refused", "already done"]
    assert dry["preflight"]["looks"][1]["verdict"] == "mind"
    document = json.loads(treatment_json.encode_status(status))
    assert document["contract_version"] == "1"
    assert [item["state"] for item in document["items"]] == ["done", "started", "failed"]
    assert document["items"][0]["sql"].startswith("create index concurrently")
    assert document["underway"][0]["pid"] == 4712
    assert document["next"] == [{"command": "pgclinic status TARGET", "does": "shows how far it is"}]
