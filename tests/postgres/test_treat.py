"""Treating and undoing: what is done, what is refused, and what is left behind."""

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from pgclinic.model.catalog import Index, IndexDefinition, IndexKey
from pgclinic.model.errors import UserError
from pgclinic.model.names import RelationName
from pgclinic.model.preflight import Verdict
from pgclinic.model.progress import Progress
from pgclinic.model.treatment import State
from pgclinic.postgres.sending import Patience
from pgclinic.remedies import create_index, drop_index
from pgclinic.verbs.driving import drive
from pgclinic.verbs.treat import treat
from pgclinic.verbs.undo import undo
from treating import (
    BUILDERS,
    CALLS,
    INDEXES,
    course_of,
    in_background,
    is_building,
    look_at,
    make_table,
    on_column,
    patient_of,
    states,
    wait_until,
)

pytestmark = pytest.mark.server

IMPATIENT = Patience(locks_s=1, transactions_s=1)


@pytest.fixture(autouse=True)
def _state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def test_there_and_back(database_on_every: Any) -> None:
    make_table(database_on_every)
    before = database_on_every.execute(INDEXES)
    course = course_of(database_on_every, on_column("phone"), on_column("status"))
    assert states(drive(treat(database_on_every.conninfo, course))) == [State.DONE] * 2
    assert database_on_every.execute(INDEXES) == [
        ("calls_phone_idx", True),
        ("calls_pkey", True),
        ("calls_status_idx", True),
    ]
    assert states(drive(undo(database_on_every.conninfo))) == [State.UNDONE] * 2
    assert database_on_every.execute(INDEXES) == before


def test_is_never_run_twice(database: Any) -> None:
    make_table(database)
    course = course_of(database, on_column("phone"))
    drive(treat(database.conninfo, course))
    first = database.execute("select 'calls_phone_idx'::regclass::oid")
    again = drive(treat(database.conninfo, course))
    assert again.is_complete
    assert again.entries[0].note == "it was done before"
    assert database.execute("select 'calls_phone_idx'::regclass::oid") == first


def test_treats_again_after_an_undo_and_after_somebody_dropped_it(database: Any) -> None:
    make_table(database)
    course = course_of(database, on_column("phone"))
    for _ in range(2):
        assert drive(treat(database.conninfo, course)).is_complete
        drive(undo(database.conninfo))
    assert drive(treat(database.conninfo, course)).is_complete
    database.execute("drop index calls_phone_idx")
    assert drive(treat(database.conninfo, course)).is_complete
    assert ("calls_phone_idx", True) in database.execute(INDEXES)


def test_a_dropped_index_comes_back_exactly(database_on_each: Any) -> None:
    make_table(database_on_each)
    database_on_each.execute("""
        create unique index odd on calls (phone desc, (id + 1)) include (status) with (fillfactor = 60) where id > 3;
        comment on index odd is 'it''s \\ odd';
        alter index odd alter column 2 set statistics 77;
    """)
    description = """
        select pg_get_indexdef(indexrelid), obj_description(indexrelid), indisvalid,
          (select attstattarget from pg_attribute where attrelid = indexrelid and attnum = 2)
        from pg_index where indexrelid = 'odd'::regclass
    """
    before = database_on_each.execute(description)
    definition = IndexDefinition(
        CALLS,
        (IndexKey("phone", descending=True, nulls_first=True), IndexKey("(id + 1)", is_column=False)),
        include=("status",),
        predicate="(id > 3)",
        is_unique=True,
    )
    index = Index(oid=1, relation=0, schema="public", name="odd", definition=definition, sql=before[0][0])
    course = course_of(database_on_each, drop_index.prescribe(index, reason="nobody reads it"))
    assert drive(treat(database_on_each.conninfo, course)).is_complete
    assert database_on_each.execute("select to_regclass('odd')") == [(None,)]
    drive(undo(database_on_each.conninfo))
    assert database_on_each.execute(description) == before


def test_dry_run_writes_nothing(database: Any, tmp_path: Path) -> None:
    make_table(database)
    course = course_of(database, on_column("phone"), on_column("gone"))
    treatment = drive(treat(database.conninfo, course, dry_run=True))
    assert states(treatment) == [State.PLANNED] * 2
    assert "no column gone" in treatment.entries[1].error
    assert database.execute("select to_regnamespace('pgclinic')") == [(None,)]
    assert database.execute(INDEXES) == [("calls_pkey", True)]
    assert list(tmp_path.iterdir()) == []


def test_purge_leaves_nothing(database: Any) -> None:
    make_table(database)
    drive(treat(database.conninfo, course_of(database, on_column("phone"))))
    drive(undo(database.conninfo, purge=True))
    assert database.execute("select to_regnamespace('pgclinic')") == [(None,)]
    assert drive(undo(database.conninfo, purge=True)).entries == ()


def test_purge_keeps_what_is_not_the_journal(database: Any) -> None:
    make_table(database)
    drive(treat(database.conninfo, course_of(database, on_column("phone"))))
    database.execute("create table pgclinic.mine ()")
    with pytest.raises(UserError, match="mine"):
        drive(undo(database.conninfo, purge=True))
    assert database.execute("select to_regclass('pgclinic.journal') is not null") == [(True,)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"database": "another"}, "another database"),
        ({"database_oid": 1}, "another database"),
        ({"system_identifier": "1"}, "another server"),
    ],
)
def test_a_prescription_for_another_database_is_refused(database: Any, change: dict[str, Any], words: str) -> None:
    make_table(database)
    course = course_of(database, on_column("phone"))
    course = msgspec.structs.replace(course, patient=msgspec.structs.replace(course.patient, **change))
    for dry_run in (False, True):
        with pytest.raises(UserError, match=words):
            drive(treat(database.conninfo, course, dry_run=dry_run))
    assert database.execute("select to_regnamespace('pgclinic')") == [(None,)]


@pytest.mark.parametrize(
    ("hindrance", "words"),
    [
        ("alter table calls rename to other", "not there any more"),
        ("alter table calls rename phone to other", "no column phone"),
        ("create index calls_phone_idx on calls (status)", "taken by another index"),
        ("create table calls_phone_idx ()", "taken by another relation"),
    ],
)
def test_what_cannot_be_treated_is_said_before_anything_is_touched(database: Any, hindrance: str, words: str) -> None:
    make_table(database)
    course = course_of(database, on_column("status"), on_column("phone"))
    database.execute(hindrance)
    before = database.execute(INDEXES)
    with pytest.raises(UserError, match=words):
        drive(treat(database.conninfo, course))
    assert database.execute(INDEXES) == before
    assert database.execute("select to_regnamespace('pgclinic')") == [(None,)]


def test_somebody_elses_invalid_index_is_left_alone_and_named(database: Any) -> None:
    make_table(database)
    database.execute("create index calls_phone_idx on calls (phone)")
    database.execute("update pg_index set indisvalid = false where indexrelid = 'calls_phone_idx'::regclass")
    with pytest.raises(UserError, match="invalid index calls_phone_idx is there that pgclinic did not make"):
        drive(treat(database.conninfo, course_of(database, on_column("phone"))))
    assert ("calls_phone_idx", False) in database.execute(INDEXES)


def test_the_same_index_under_another_name_is_enough(database: Any) -> None:
    make_table(database)
    database.execute("create index mine on calls (phone)")
    treatment = drive(treat(database.conninfo, course_of(database, on_column("phone"))))
    assert treatment.is_complete
    assert "mine is the same" in treatment.entries[0].note
    drive(undo(database.conninfo))
    assert ("mine", True) in database.execute(INDEXES)


def test_an_index_of_another_kind_is_not_the_same(database: Any) -> None:
    make_table(database)
    database.execute("""
        create index a on calls (phone desc);
        create index b on calls (phone text_pattern_ops);
        create index c on calls (phone collate "POSIX");
        create index d on calls (phone) where id > 3;
        create index e on calls using hash (phone);
        create index f on calls (phone) include (id);
    """)
    drive(treat(database.conninfo, course_of(database, on_column("phone"))))
    assert ("calls_phone_idx", True) in database.execute(INDEXES)


def test_a_failed_build_leaves_no_index_and_says_why(database: Any) -> None:
    make_table(database)
    course = course_of(database, on_column("status", unique=True), on_column("phone"))
    treatment = drive(treat(database.conninfo, course))
    assert states(treatment) == [State.FAILED, State.PLANNED]
    assert "could not create unique index" in treatment.entries[0].error
    assert database.execute(INDEXES) == [("calls_pkey", True)]
    database.execute("update calls set status = id::text")
    assert drive(treat(database.conninfo, course)).is_complete


def test_waiting_for_an_old_transaction_is_told_and_ends(database: Any) -> None:
    make_table(database)
    course = course_of(database, on_column("phone"))
    with database.connect() as old:
        old.execute("begin isolation level repeatable read")
        old.execute("update calls set status = 'x' where id = 1")
        steps: list[Progress] = []
        treatment = drive(treat(database.conninfo, course, patience=IMPATIENT), steps.append)
        pid = old.info.backend_pid
        assert any(f"waiting for pid {pid}" in step.step for step in steps)
        assert states(treatment) == [State.FAILED]
        assert f"waited 1 s for pid {pid}" in treatment.entries[0].error
    assert drive(treat(database.conninfo, course)).is_complete
    assert database.execute(INDEXES) == [("calls_phone_idx", True), ("calls_pkey", True)]


def test_a_locked_table_is_waited_for_shortly(database: Any) -> None:
    make_table(database)
    course = course_of(database, on_column("phone"))
    with database.connect() as holder:
        holder.execute("begin")
        holder.execute("lock table calls in share update exclusive mode")
        treatment = drive(treat(database.conninfo, course, patience=IMPATIENT))
        assert f"pid {holder.info.backend_pid}" in treatment.entries[0].error
    assert drive(treat(database.conninfo, course)).is_complete


def test_a_terminated_build_is_resumed(database_on_each: Any) -> None:
    make_table(database_on_each, 100_000)
    course = course_of(database_on_each, on_column("phone"))
    with database_on_each.connect() as old:
        old.execute("begin")
        old.execute("update calls set status = 'x' where id = 1")
        thread, outcome = in_background(treat(database_on_each.conninfo, course))
        wait_until(lambda: is_building(database_on_each))
        assert database_on_each.execute(f"select pg_terminate_backend(pid) from ({BUILDERS}) builders") == [(True,)]
        old.execute("rollback")
        thread.join()
    assert states(outcome[0]) == [State.FAILED]
    assert "terminating connection" in outcome[0].entries[0].error
    assert database_on_each.execute(INDEXES) == [("calls_pkey", True)]
    assert drive(treat(database_on_each.conninfo, course)).is_complete


def test_the_second_clinic_is_told_about_the_first(database: Any) -> None:
    make_table(database)
    course = course_of(database, on_column("phone"))
    with database.connect() as old:
        old.execute("begin")
        old.execute("update calls set status = 'x' where id = 1")
        thread, outcome = in_background(treat(database.conninfo, course))
        wait_until(lambda: is_building(database))
        with pytest.raises(UserError, match=r"Another treatment .*pid \d+, application pgclinic, role \w+, since"):
            drive(treat(database.conninfo, course))
        with pytest.raises(UserError, match="Another treatment"):
            drive(undo(database.conninfo))
        old.execute("rollback")
        thread.join()
    assert outcome[0].is_complete


def test_an_interruption_cleans_up_and_can_be_resumed(database: Any) -> None:
    make_table(database)
    course = course_of(database, on_column("phone"))

    def interrupt(progress: Progress) -> None:
        if "waiting for pid" in progress.step:
            threading.Timer(1, old.execute, ["rollback"]).start()
            raise KeyboardInterrupt

    with database.connect() as old:
        old.execute("begin")
        old.execute("update calls set status = 'x' where id = 1")
        with pytest.raises(KeyboardInterrupt):
            drive(treat(database.conninfo, course), interrupt)
    assert database.execute(INDEXES) == [("calls_pkey", True)]
    assert database.execute("select state, error from pgclinic.journal") == [("failed", "interrupted")]
    assert drive(treat(database.conninfo, course)).is_complete


def test_undo_takes_back_what_failed_and_what_was_done(database: Any) -> None:
    make_table(database)
    course = course_of(database, on_column("phone"), on_column("status", unique=True))
    drive(treat(database.conninfo, course))
    assert states(drive(undo(database.conninfo))) == [State.UNDONE] * 2
    assert database.execute(INDEXES) == [("calls_pkey", True)]


def test_undo_leaves_an_index_alone_that_it_did_not_make(database: Any) -> None:
    make_table(database)
    drive(treat(database.conninfo, course_of(database, on_column("phone"))))
    database.execute("drop index calls_phone_idx; create index calls_phone_idx on calls (status)")
    treatment = drive(undo(database.conninfo))
    assert states(treatment) == [State.UNDOING]
    assert "left alone" in treatment.entries[0].error
    assert ("calls_phone_idx", True) in database.execute(INDEXES)


def test_partitions_there_and_back(database_on_each: Any) -> None:
    database_on_each.execute("""
        create table calls (day date, phone text) partition by range (day);
        create table calls_2025 partition of calls for values from ('2025-01-01') to ('2026-01-01');
        create table calls_2026 partition of calls for values from ('2026-01-01') to ('2027-01-01');
        insert into calls select date '2025-01-01' + i % 700, i::text from generate_series(1, 1000) as i;
    """)
    partitions = tuple(
        create_index.Partition(name=RelationName("public", name), parent=CALLS, index=f"{name}_phone_idx")
        for name in ("calls_2025", "calls_2026")
    )
    prescription = create_index.prescribe(
        IndexDefinition(CALLS, (IndexKey("phone"),)),
        name="calls_phone_idx",
        size_bytes=1,
        reason="why",
        partitions=partitions,
        is_partitioned=True,
    )
    course = course_of(database_on_each, prescription)
    with database_on_each.connect() as old:  # one partition gets stuck; the run after it goes on there
        old.execute("begin")
        old.execute("update calls_2026 set phone = 'x'")
        failed = drive(treat(database_on_each.conninfo, course, patience=IMPATIENT))
        assert states(failed) == [State.FAILED]
        assert database_on_each.execute(INDEXES)[0] == ("calls_2025_phone_idx", True)
    assert drive(treat(database_on_each.conninfo, course)).is_complete
    assert [valid for _, valid in database_on_each.execute(INDEXES)] == [True] * 3
    drive(undo(database_on_each.conninfo))
    assert database_on_each.execute(INDEXES) == []


def test_a_partition_made_since_is_noticed_beforehand(database: Any) -> None:
    database.execute("""
        create table calls (day date, phone text) partition by range (day);
        create table calls_2027 partition of calls for values from ('2027-01-01') to ('2028-01-01');
    """)
    prescription = create_index.prescribe(
        IndexDefinition(CALLS, (IndexKey("phone"),)), name="i", size_bytes=1, reason="why", is_partitioned=True
    )
    with pytest.raises(UserError, match="a partition calls_2027 that the prescription does not know"):
        drive(treat(database.conninfo, course_of(database, prescription)))
    assert database.execute(INDEXES) == []


def test_a_heavy_lock_never_makes_the_application_wait_long(database: Any) -> None:
    database.execute("create table calls (day date, phone text) partition by range (day)")
    prescription = create_index.prescribe(
        IndexDefinition(CALLS, (IndexKey("phone"),)), name="i", size_bytes=1, reason="why", is_partitioned=True
    )
    drive(treat(database.conninfo, course_of(database, prescription)))
    with database.connect() as holder, database.connect() as application:
        holder.execute("begin")
        holder.execute("select from calls")
        thread, outcome = in_background(undo(database.conninfo))
        longest = 0.0
        for _ in range(40):
            started = time.monotonic()
            application.execute("select from calls")
            longest = max(longest, time.monotonic() - started)
            time.sleep(0.05)
        assert longest < 0.8
        holder.execute("rollback")
        thread.join()
    assert states(outcome[0]) == [State.UNDONE]


def test_a_role_that_may_not_is_told_what_to_grant(role_name: str, database: Any) -> None:
    make_table(database)
    database.execute(f"create role {role_name} login password 'secret'; alter table calls owner to {role_name}")
    conninfo = database.conninfo_as(role_name, "secret")
    course = course_of(database, on_column("phone"))
    database.execute("revoke create on schema public from public")
    with pytest.raises(UserError, match="grant create on schema public"):
        drive(treat(conninfo, course))
    database.execute(f"grant create on schema public to {role_name}")
    with pytest.raises(UserError, match="CREATE on the database"):
        drive(treat(conninfo, course))
    database.execute(f"grant create on database {database.name} to {role_name}")
    assert drive(treat(conninfo, course)).is_complete
    database.execute("alter table calls owner to current_user; drop index calls_phone_idx")
    with pytest.raises(UserError, match="only the owner of table calls"):
        drive(treat(conninfo, course))


def test_a_journal_of_somebody_else_is_not_written_to(role_name: str, database: Any) -> None:
    make_table(database)
    database.execute(f"create role {role_name}; create schema pgclinic authorization {role_name}")
    with pytest.raises(UserError, match=f"Schema pgclinic belongs to {role_name}"):
        drive(treat(database.conninfo, course_of(database, on_column("phone"))))


def test_an_unwritable_journal_stops_everything(database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_table(database)
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(UserError, match=r"The journal .* cannot be written"):
        drive(treat(database.conninfo, course_of(database, on_column("phone"))))
    assert database.execute("select to_regnamespace('pgclinic')") == [(None,)]


def test_the_copy_on_disk_tells_every_state(database: Any, tmp_path: Path) -> None:
    make_table(database)
    drive(treat(database.conninfo, course_of(database, on_column("phone"))))
    drive(undo(database.conninfo))
    (path,) = tmp_path.rglob("*.jsonl")
    assert [json.loads(line)["state"] for line in path.read_text().splitlines()] == [
        "planned",
        "started",
        "done",
        "undoing",
        "undone",
    ]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.name.startswith(patient_of(database).system_identifier)


def test_old_transactions_are_named_beforehand(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make_table(database)
    monkeypatch.setattr("pgclinic.postgres.looks._OLD_SECONDS", 0)
    with database.connect() as old:
        old.execute("begin")
        old.execute("select from calls")
        time.sleep(0.01)
        treatment = drive(treat(database.conninfo, course_of(database, on_column("phone")), dry_run=True))
        look = look_at(treatment, "oldest transaction")
        assert look.verdict is Verdict.MIND
        assert f"will wait for pid {old.info.backend_pid}" in look.words


def test_nothing_of_a_treatment_stays_connected(database: Any) -> None:
    make_table(database)
    drive(treat(database.conninfo, course_of(database, on_column("phone"))))
    drive(undo(database.conninfo))
    query = "select 1 from pg_stat_activity where datname = current_database() and application_name = 'pgclinic'"
    wait_until(lambda: not database.execute(query))
    assert os.environ["XDG_STATE_HOME"]


def test_an_unreachable_server_is_one_sentence(database: Any) -> None:
    course = course_of(database, on_column("phone"))
    conninfo = psycopg.conninfo.make_conninfo(database.conninfo, host="/nowhere")
    with pytest.raises(UserError, match="Cannot connect"):
        drive(treat(conninfo, course))
