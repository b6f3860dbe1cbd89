"""What status says of a database, and what of it an undo takes back."""

import threading
from pathlib import Path
from typing import Any

import pytest

from pgclinic.model.errors import UserError
from pgclinic.model.treatment import State
from pgclinic.postgres.sending import Patience
from pgclinic.verbs.driving import drive
from pgclinic.verbs.status import status
from pgclinic.verbs.treat import treat
from pgclinic.verbs.undo import undo
from treating import INDEXES, course_of, in_background, is_building, make_table, on_column, plain, states, wait_until

pytestmark = pytest.mark.server


@pytest.fixture(autouse=True)
def _state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def commands(database: Any) -> list[str]:
    return [command for command, _ in drive(status(database.conninfo)).next_steps]


def test_the_next_command_follows_from_the_journal(database_on_each: Any) -> None:
    database = database_on_each
    make_table(database)
    assert commands(database) == ["pgclinic treat TARGET PRESCRIPTION --dry-run"]
    broken = plain("view", "v", ["create view v as select * from gone"], ["drop view v"])
    course = course_of(database, on_column("phone"), broken)
    drive(treat(database.conninfo, course))
    assert commands(database)[0] == "pgclinic treat TARGET PRESCRIPTION"
    seen = drive(status(database.conninfo))
    assert [entry.state for entry in seen.entries] == [State.DONE, State.FAILED]
    assert seen.entries[0].applied_by == seen.entries[1].applied_by != ""
    database.execute("create table gone ()")
    drive(treat(database.conninfo, course))
    assert commands(database) == ["pgclinic undo TARGET", "pgclinic undo TARGET --item N"]
    drive(undo(database.conninfo))
    assert commands(database) == ["pgclinic undo TARGET --purge"]


def test_what_is_under_way_is_told_with_its_phase_and_by_whom(database: Any) -> None:
    make_table(database)
    with database.connect() as old:
        old.execute("begin; update calls set status = 'x' where id = 1")
        thread, outcome = in_background(treat(database.conninfo, course_of(database, on_column("phone"))))
        wait_until(lambda: is_building(database))
        wait_until(lambda: "waiting for pid" in "".join(one.words for one in drive(status(database.conninfo)).underway))
        seen = drive(status(database.conninfo))
        assert "application pgclinic" in seen.clinic
        assert [entry.state for entry in seen.entries] == [State.STARTED]
        assert str(old.info.backend_pid) in seen.underway[0].words
        assert commands(database) == ["pgclinic status TARGET"]
        threading.Timer(0.1, old.execute, ["rollback"]).start()
        thread.join()
    assert outcome[0].is_complete


def test_one_item_or_what_came_after_a_run_is_taken_back(database: Any) -> None:
    make_table(database)
    first = drive(treat(database.conninfo, course_of(database, on_column("phone"))))
    drive(treat(database.conninfo, course_of(database, on_column("status"), on_column("id"))))
    assert states(drive(undo(database.conninfo, item=2))) == [State.UNDONE]
    assert [name for name, _ in database.execute(INDEXES)] == ["calls_id_idx", "calls_phone_idx", "calls_pkey"]
    assert states(drive(undo(database.conninfo, to=first.id))) == [State.UNDONE]
    assert [name for name, _ in database.execute(INDEXES)] == ["calls_phone_idx", "calls_pkey"]
    assert drive(undo(database.conninfo, item=3)).entries == ()
    assert drive(undo(database.conninfo, to=first.id, purge=True)).entries == ()
    assert database.execute("select to_regclass('pgclinic.journal') is not null") == [(True,)]
    for wrong, words in (({"item": 4}, "has 3 items"), ({"to": "nowhere"}, "no run of this name")):
        with pytest.raises(UserError, match=words):
            drive(undo(database.conninfo, **wrong))


def test_there_is_nothing_to_take_back_without_a_journal(database: Any) -> None:
    with pytest.raises(UserError, match="no journal"):
        drive(undo(database.conninfo, item=1, patience=Patience()))
