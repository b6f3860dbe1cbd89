"""Every kind of treatment, there and back: in transactions that are counted, in batches, and outside transactions."""

import time
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from pgclinic.model.catalog import Index, IndexDefinition, IndexKey, Relation, Setting
from pgclinic.model.errors import UserError
from pgclinic.model.keeping import KeepRule, Rule
from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import (
    ApplicationChange,
    Prescription,
    Replacement,
    Statement,
    StatementGain,
    StatementMapping,
)
from pgclinic.model.treatment import State
from pgclinic.postgres.sending import Patience
from pgclinic.remedies import alter_system, create_index, reindex, set_storage_parameters
from pgclinic.report import treatment_text
from pgclinic.verbs.driving import drive
from pgclinic.verbs.treat import Manner, treat
from pgclinic.verbs.undo import undo
from treating import CALLS, INDEXES, Application, course_of, make_table, of_remedy, on_column, plain, schema_of, states

pytestmark = pytest.mark.server

BRIEF = Patience(locks_s=1, transactions_s=1)


@pytest.fixture(autouse=True)
def _state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def storage(database: Any) -> Prescription:
    oid = database.execute("select 'calls'::regclass::oid::int8")[0][0]
    table = Relation(oid=oid, schema="public", name="calls", kind="r", owner="x")
    remedy = set_storage_parameters.remedy(
        table, {"autovacuum_vacuum_scale_factor": "0.02", "toast.autovacuum_enabled": "false"}
    )
    return of_remedy(remedy, ObjectName("table", "calls", schema="public"))


def setting(value: str = "8MB") -> Prescription:
    remedy = alter_system.remedy(Setting(name="work_mem", value="4096", unit="kB"), value)
    return of_remedy(remedy, ObjectName("setting", "work_mem"))


def batches(size: int = 40) -> Prescription:
    """A column filled in steps, and emptied again by the undo."""
    fill = f"""
        update calls set day = date '2026-01-01'
        where id in (select id from calls where day is null order by id limit {size})
    """
    item = plain(
        "table",
        "calls",
        ["alter table calls add column day date", "alter table calls add constraint days check (id > 0) not valid"],
        ["alter table calls drop constraint days, drop column day"],
    )
    return msgspec.structs.replace(item, do=(*item.do, Statement(sql=fill, repeats=True)))


def everything(database: Any) -> list[Prescription]:
    """One of each kind. None of them can be run twice: it would fail."""
    return [
        plain("view", "open_calls", ["create view open_calls as select * from calls"], ["drop view open_calls"]),
        plain(
            "function",
            "noted",
            [
                "create function noted() returns trigger language plpgsql as $$begin return new; end$$",
                "create trigger noted before insert on calls for each row execute function noted()",
            ],
            ["drop trigger noted on calls", "drop function noted()"],
        ),
        plain(
            "policy",
            "own",
            ["create policy own on calls using (phone = current_user)", "alter table calls enable row level security"],
            ["alter table calls disable row level security", "drop policy own on calls"],
        ),
        storage(database),
        on_column("phone"),
        batches(),
    ]


def test_every_kind_there_and_back(database_on_each: Any) -> None:
    make_table(database_on_each, 100)
    before = schema_of(database_on_each)
    course = course_of(database_on_each, *everything(database_on_each))
    treatment = drive(treat(database_on_each.conninfo, course))
    assert states(treatment) == [State.DONE] * 6, [entry.error for entry in treatment.entries]
    assert (treatment.entries[-1].rows, treatment.entries[-1].steps) == (100, 3)
    assert database_on_each.execute("select count(*) from calls where day is not null") == [(100,)]
    assert drive(treat(database_on_each.conninfo, course)).is_complete  # nothing is run twice
    assert states(drive(undo(database_on_each.conninfo))) == [State.UNDONE] * 6
    assert schema_of(database_on_each) == before


def test_what_is_for_the_application_is_said_and_nothing_is_run_for_it(database: Any) -> None:
    make_table(database, 10)
    change = ApplicationChange(summary="Ask once.")
    elsewhere = plain("statement", "abc", [], [], application=change)
    course = course_of(database, elsewhere, on_column("phone"))
    treatment = drive(treat(database.conninfo, course))
    assert [str(entry.prescription.object) for entry in treatment.entries] == ["index public.calls_phone_idx"]
    assert treatment.is_complete
    assert treatment.preflight is not None
    assert treatment.preflight.in_application == (elsewhere,)
    assert "Ask once." in treatment_text.text(treatment)
    alone = drive(treat(database.conninfo, course_of(database, elsewhere)))
    assert alone.is_complete
    assert "Nothing is run in the database." in treatment_text.text(alone)


def test_a_cure_that_replaces_a_statement_is_not_judged_by_it(database: Any) -> None:
    """Here the original becomes dearer, and nobody asks it any more."""
    make_table(database, 100)
    query = "select count(*) from totals"
    gain = StatementGain(fingerprint="ab", name="ab", sql=query, cost_before=9.0, cost_after=1.0)
    database.execute("create view totals as select 1 as one")
    item = plain(
        "view",
        "totals",
        ["create or replace view totals as select id as one from calls"],
        ["create or replace view totals as select 1 as one"],
        gains=(gain,),
    )
    assert states(drive(treat(database.conninfo, course_of(database, item)))) == [State.UNDONE]
    mapping = StatementMapping(original="ab", replacements=(Replacement(sql="select 1"),))
    mapped = msgspec.structs.replace(item, mappings=(mapping,))
    manner = Manner(keep_if=KeepRule(rule=Rule.USED))
    database.execute("drop schema pgclinic cascade")
    assert states(drive(treat(database.conninfo, course_of(database, mapped), manner=manner))) == [State.DONE]


def test_a_setting_is_changed_and_is_as_it_was_after_the_undo(database: Any) -> None:
    line = "select setting from pg_file_settings where name = 'work_mem' and sourcefile like '%auto.conf'"
    now = "select setting from pg_settings where name = 'work_mem'"
    assert database.execute(line) == []
    assert drive(treat(database.conninfo, course_of(database, setting()))).is_complete
    assert database.execute(line) == [("8MB",)]
    deadline = time.monotonic() + 60
    while database.execute(now) != [("8192",)]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    drive(undo(database.conninfo))
    assert database.execute(line) == []


def test_a_setting_that_alter_system_had_set_gets_that_value_back(database: Any) -> None:
    line = "select setting from pg_file_settings where name = 'work_mem' and sourcefile like '%auto.conf'"
    database.execute("alter system set work_mem = '5MB'")
    try:
        item = setting()
        remedy = alter_system.remedy(Setting(name="work_mem", value="5120", unit="kB"), "8MB")
        drive(treat(database.conninfo, course_of(database, msgspec.structs.replace(item, undo=remedy.undo))))
        drive(undo(database.conninfo))
        assert database.execute(line) == [("5120",)]
    finally:
        database.execute("alter system reset work_mem")
        database.execute("select pg_reload_conf()")


def test_a_transaction_that_failed_leaves_nothing_and_is_run_whole_the_next_time(database: Any) -> None:
    make_table(database)
    item = plain("view", "v", ["create view v as select * from calls", "create view w as select * from gone"], [])
    course = course_of(database, item)
    treatment = drive(treat(database.conninfo, course))
    assert states(treatment) == [State.FAILED]
    assert "gone" in treatment.entries[0].error
    assert database.execute("select to_regclass('v')") == [(None,)]
    database.execute("create table gone ()")
    assert drive(treat(database.conninfo, course)).is_complete


def test_undo_of_what_never_got_anywhere_runs_nothing(database: Any) -> None:
    make_table(database)
    item = plain("view", "v", ["create view v as select * from gone"], ["drop view v"])
    drive(treat(database.conninfo, course_of(database, item)))
    assert states(drive(undo(database.conninfo))) == [State.UNDONE]


def test_batches_go_on_where_they_stopped(database: Any) -> None:
    make_table(database, 200)
    course = course_of(database, batches(20))
    database.execute("create table ran (rows int)")

    def stop(progress: Any) -> None:
        if "60 rows" in progress.step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drive(treat(database.conninfo, course), stop)
    assert database.execute("select rows, steps, state from pgclinic.journal") == [(60, 2, "failed")]
    assert database.execute("select count(*) from calls where day is not null") == [(60,)]
    body = "$$begin insert into ran values (1); return new; end$$"
    database.execute(f"create function watch() returns trigger language plpgsql as {body}")
    database.execute("create trigger watch after update on calls for each statement execute function watch()")
    assert drive(treat(database.conninfo, course)).is_complete
    assert database.execute("select rows from pgclinic.journal") == [(200,)]
    assert database.execute("select count(*) from ran") == [(8,)]  # seven of twenty rows, one of none


def test_an_undo_that_needs_what_was_never_begun_leaves_it_out(database: Any) -> None:
    make_table(database)
    item = plain("view", "v", ["create view v as select * from calls"], [])
    item = msgspec.structs.replace(
        item,
        do=(
            *item.do,
            Statement(sql="vacuum calls", in_transaction=False),
            Statement(sql="create view w as select * from gone"),
        ),
        undo=(Statement(sql="drop view w", needs=3), Statement(sql="drop view v")),
    )
    treatment = drive(treat(database.conninfo, course_of(database, item)))
    assert states(treatment) == [State.FAILED]
    assert database.execute("select steps from pgclinic.journal") == [(2,)]
    assert states(drive(undo(database.conninfo))) == [State.UNDONE]
    assert database.execute("select to_regclass('v')") == [(None,)]


def test_an_interrupted_undo_is_finished_before_it_is_done_anew(database: Any) -> None:
    make_table(database)
    item = plain("view", "v", ["create view v as select * from calls"], [])
    item = msgspec.structs.replace(
        item,
        undo=(
            Statement(sql="comment on view v is 'going'"),
            Statement(sql="vacuum calls", in_transaction=False),
            Statement(sql="drop view v"),
        ),
    )
    course = course_of(database, item)
    drive(treat(database.conninfo, course))
    database.execute("create view leans as select * from v")
    undone = drive(undo(database.conninfo))
    assert states(undone) == [State.UNDOING]
    assert "other objects depend on it" in undone.entries[0].error
    assert database.execute("select undone from pgclinic.journal") == [(2,)]
    database.execute("drop view leans")
    assert drive(treat(database.conninfo, course)).is_complete
    assert database.execute("select obj_description('v'::regclass)") == [(None,)]


def test_a_journal_of_an_earlier_version_is_read_and_completed(database: Any) -> None:
    make_table(database)
    course = course_of(database, on_column("phone"))
    drive(treat(database.conninfo, course))
    database.execute("alter table pgclinic.journal drop column steps, drop column undone, drop column note")
    assert drive(treat(database.conninfo, course)).is_complete
    assert states(drive(undo(database.conninfo))) == [State.UNDONE]
    assert database.execute("select to_regclass('calls_phone_idx')") == [(None,)]


def test_an_index_on_an_expression_gets_statistics_of_its_own(database: Any) -> None:
    make_table(database)
    definition = IndexDefinition(CALLS, (IndexKey("lower(phone)", is_column=False),))
    item = create_index.prescribe(definition, name="by_lower", size_bytes=1, reason="why")
    assert drive(treat(database.conninfo, course_of(database, item))).is_complete
    assert database.execute("select count(*) from pg_stats where tablename = 'by_lower'") == [(1,)]


def test_a_lost_worker_in_a_transaction_is_known_to_have_done_nothing(database: Any) -> None:
    make_table(database)
    course = course_of(
        database,
        plain(
            "view",
            "v",
            ["create view v as select * from calls", "select pg_terminate_backend(pg_backend_pid())"],
            ["drop view v"],
        ),
    )
    treatment = drive(treat(database.conninfo, course))
    assert states(treatment) == [State.FAILED]
    assert "terminating connection" in treatment.entries[0].error
    assert database.execute("select to_regclass('v'), steps from pgclinic.journal") == [(None, 0)]
    assert states(drive(undo(database.conninfo))) == [State.UNDONE]


def test_a_lock_that_never_comes_is_given_up_with_the_reason(database: Any) -> None:
    make_table(database)
    item = plain("table", "calls", ["alter table calls add column day date"], [])
    with database.connect() as holder:
        holder.execute("begin; select from calls")
        treatment = drive(treat(database.conninfo, course_of(database, item), patience=BRIEF))
    assert "could not get the lock that it needs" in treatment.entries[0].error
    assert isinstance(treatment.entries[0].error, str)
    with pytest.raises(psycopg.errors.UndefinedColumn):
        database.execute("select day from calls")


def rebuilding() -> Prescription:
    definition = IndexDefinition(CALLS, (IndexKey("phone"),))
    index = Index(oid=1, relation=2, schema="public", name="by_phone", definition=definition, sql="")
    item = of_remedy(reindex.remedy(index), ObjectName("index", "by_phone", schema="public"))
    return msgspec.structs.replace(item, table=ObjectName("table", "calls", schema="public"))


def test_what_an_interrupted_rebuild_left_is_removed_and_it_is_not_rebuilt_twice(database_on_each: Any) -> None:
    database = database_on_each
    make_table(database)
    database.execute("create index by_phone on calls (phone)")
    course = course_of(database, rebuilding())
    with database.connect() as old:
        old.execute("begin; update calls set status = 'x' where id = 1")
        treatment = drive(treat(database.conninfo, course, patience=BRIEF))
        assert states(treatment) == [State.FAILED]
    assert ("by_phone_ccnew", False) in database.execute(INDEXES)  # it could not go while the transaction was open
    assert drive(treat(database.conninfo, course)).is_complete
    assert database.execute(INDEXES) == [("by_phone", True), ("calls_pkey", True)]
    rebuilt = database.execute("select 'by_phone'::regclass::oid")
    database.execute("update pgclinic.journal set state = 'started', steps = 0")  # as if killed before it was counted
    assert drive(treat(database.conninfo, course)).is_complete
    assert database.execute("select 'by_phone'::regclass::oid") == rebuilt


def test_what_somebody_elses_rebuild_left_is_named_and_left_alone(database: Any) -> None:
    make_table(database)
    database.execute("create index by_phone on calls (phone); create index by_phone_ccnew on calls (phone)")
    database.execute("update pg_index set indisvalid = false where indexrelid = 'by_phone_ccnew'::regclass")
    with pytest.raises(UserError, match="REINDEX of somebody else left by_phone_ccnew"):
        drive(treat(database.conninfo, course_of(database, rebuilding())))
    assert ("by_phone_ccnew", False) in database.execute(INDEXES)


def test_what_would_hold_its_lock_for_too_long_gives_way_and_says_so(database: Any) -> None:
    make_table(database)
    item = plain("table", "calls", ["alter table calls add column day date", "select pg_sleep(3)"], [])
    with Application(database.conninfo, 1000) as application:
        treatment = drive(treat(database.conninfo, course_of(database, item)))
    assert states(treatment) == [State.FAILED]
    assert "keep other sessions waiting for longer than 500 ms" in treatment.entries[0].error
    assert application.errors == []
    assert 100 < treatment.longest_wait_ms < 1000
    assert application.longest < 1.5  # half a second promised, on a busy machine
    with pytest.raises(psycopg.errors.UndefinedColumn):
        database.execute("select day from calls")
