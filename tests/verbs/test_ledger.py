"""What was planned is held against what was measured, once, and kept."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from pgclinic.grading.calibration import ledger_of
from pgclinic.grading.proving import compare
from pgclinic.model.errors import UserError
from pgclinic.model.ledger import LedgerEntry
from pgclinic.model.proof import Verdict
from pgclinic.model.workload import Load
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.report import ledger_text
from pgclinic.verbs.driving import drive
from pgclinic.verbs.ledger import book, book_entries, read_ledger
from pgclinic.verbs.prescribe import INDEX, prescribe
from pgclinic.verbs.prove import prove
from pgclinic.verbs.treat import treat
from pgclinic.workload.script import parse_script

if TYPE_CHECKING:
    from conftest import Database

_SCRIPT = {
    "phone.sql": """
        -- name: by phone
        -- parameters: select phone from calls order by id limit 50
        select * from calls where phone = $1;
    """,
    "key.sql": """
        -- name: by key
        -- parameters: select id from calls order by id limit 50
        select * from calls where id = $1;
    """,
}


def entry(**fields: object) -> LedgerEntry:
    usual = {
        "proved_at": "2026-01-01 00:00:00+00", "database": "1/2", "server_version": "18.1", "kind": "create_index",
        "prescription": "abc", "object": "index public.i", "statement": "s", "planned": 100.0,
        "measured": 50.0, "low": 40.0, "high": 60.0, "verdict": Verdict.FASTER,
    }  # fmt: skip
    return msgspec.convert(usual | {"fingerprint": str(fields.get("statement", "s"))} | fields, LedgerEntry)


@pytest.mark.server
def test_what_was_treated_between_two_runs_is_booked_once(database: "Database", tmp_path: Path) -> None:
    database.execute("create table calls (id int primary key, phone text, note text)")
    database.execute("insert into calls select n, md5(n::text), repeat('x', 200) from generate_series(1, 20000) n")
    database.execute("vacuum analyze calls")
    script, path = parse_script(_SCRIPT), tmp_path / "state" / "ledger.jsonl"

    before = drive(prove(database.conninfo, script, Load(repeat=20, connections=1)))
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    course = drive(prescribe(snapshot, script=script, kinds=[INDEX]))
    treatment = drive(treat(database.conninfo, course, journals=tmp_path))
    assert treatment.is_complete
    after = drive(prove(database.conninfo, script, Load(repeat=20, connections=1)))

    proof = compare(before, after)
    booked = drive(book(database.conninfo, proof, path))
    [found] = booked.entries
    assert (found.statement, found.kind, found.shared_with) == ("by phone", "create_index", 0)
    [gain] = course.prescriptions[0].gains
    assert found.planned == pytest.approx(gain.cost_before / gain.cost_after)
    assert found.measured == proof.statements[1].times_faster
    assert found.low <= found.measured <= found.high
    assert found.verdict is proof.statements[1].verdict
    assert "by phone" in ledger_text.text(booked)

    drive(book(database.conninfo, proof, path))
    assert read_ledger(path).entries == booked.entries
    assert path.stat().st_mode & 0o077 == 0
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:30])
    earlier = msgspec.structs.replace(after, started_at="2026-01-01 00:00:00+00")
    drive(book(database.conninfo, compare(before, after), path))
    book_entries(compare(before, earlier), course.prescriptions, "1/2", "18", path)
    assert [each.database for each in read_ledger(path).entries] == [found.database, "1/2"]
    # Between two runs after the treatment nothing was treated.
    assert drive(book(database.conninfo, compare(after, after), path)).entries == ()


def test_a_kind_is_as_right_as_its_entries() -> None:
    entries = [
        entry(),
        entry(statement="b", measured=25.0),
        entry(statement="c", measured=0.5, verdict=Verdict.SLOWER),
        entry(statement="d", verdict=Verdict.NO_DIFFERENCE, measured=1.0),
        entry(statement="e", kind="drop_index", planned=1.0, measured=1.0, verdict=Verdict.NO_DIFFERENCE),
    ]
    indexes, drops = ledger_of(entries).calibrations
    assert (indexes.kind, indexes.entries, indexes.error) == ("create_index", 4, 52.0)
    assert indexes.right_direction == pytest.approx(2 / 3)
    assert (drops.kind, drops.error, drops.right_direction) == ("drop_index", 1.0, None)


def test_what_several_did_together_is_held_against_the_one_that_was_to_gain_most() -> None:
    together = [entry(planned=60.0), entry(kind="rewrite_policies", planned=1.2)]
    [only] = ledger_of(together).calibrations
    assert (only.kind, only.entries, only.error) == ("create_index", 1, 1.2)
    again = entry(kind="rewrite_policies", planned=1.2, measured=1.5, proved_at="2026-02-01 00:00:00+00")
    assert [each.kind for each in ledger_of([*together, again]).calibrations] == ["create_index", "rewrite_policies"]


def test_a_line_that_was_cut_off_is_left_out_and_a_foreign_file_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    assert read_ledger(path).entries == ()
    line = msgspec.json.encode(entry())
    path.write_bytes(line + b"\n" + line[:40])
    assert read_ledger(path).entries == (entry(),)
    path.write_bytes(b"not json\n" + line + b"\n")
    with pytest.raises(UserError, match=r"Line 1 of .* is no ledger entry"):
        read_ledger(path)
    with pytest.raises(UserError, match="cannot be read"):
        read_ledger(tmp_path)
    assert "Nothing yet" in ledger_text.text(ledger_of(()))
