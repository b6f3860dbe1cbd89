"""What the real planner says decides whether an item stays; and several builds get along."""

import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.errors import UserError
from pgclinic.model.keeping import KeepRule, Rule, StatementAnswer, gain_of, read_rule
from pgclinic.model.names import RelationName
from pgclinic.model.prescription import Prescription, StatementGain, Watched
from pgclinic.model.progress import Progress
from pgclinic.model.treatment import State
from pgclinic.model.workload import ParameterSet
from pgclinic.remedies import create_index
from pgclinic.verbs.driving import drive
from pgclinic.verbs.treat import Manner, treat
from pgclinic.verbs.undo import undo
from treating import (
    BUILDERS,
    INDEXES,
    course_of,
    dropping,
    in_background,
    make_table,
    on_column,
    plain,
    states,
    wait_until,
)


@pytest.fixture(autouse=True)
def _state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def answer(before: float, after: float, *, is_used: bool = True, weight: float = 1.0) -> StatementAnswer:
    return StatementAnswer(fingerprint="f", cost_before=before, cost_after=after, is_used=is_used, weight=weight)


def test_a_gain_weighs_each_statement_by_its_share_and_not_by_its_cost() -> None:
    assert gain_of((answer(100, 50), answer(1_000_000, 1_000_000))) == pytest.approx(2 / 1.5)
    assert gain_of((answer(100, 50, weight=9), answer(10, 10, weight=1))) == pytest.approx(10 / 5.5)


@pytest.mark.parametrize(
    ("rule", "answers", "words"),
    [
        ("used", (answer(10, 1), answer(10, 10, is_used=False)), ""),
        ("used", (answer(10, 10, is_used=False),), "for none of its 1 statement"),
        ("used", (answer(10, 5), answer(10, 30)), "dearer"),
        ("used", (), ""),
        ("always", (answer(10, 100, is_used=False),), ""),
        ("gain>=2", (answer(10, 5),), ""),
        ("gain >= 2.5", (answer(10, 5),), "2\N{MULTIPLICATION SIGN} cheaper"),
    ],
)
def test_a_rule_objects_in_words(rule: str, answers: tuple[StatementAnswer, ...], words: str) -> None:
    objection = read_rule(rule).objection(answers, makes_index=True)
    assert words in objection
    assert bool(objection) == bool(words)


def test_what_makes_no_index_need_not_be_used_by_name() -> None:
    assert KeepRule().objection((answer(10, 5, is_used=False),), makes_index=False) == ""


def test_what_is_no_rule_is_said() -> None:
    for text in ("gain", "gain>1", "never", "gain>=x"):
        with pytest.raises(UserError, match="--keep-if"):
            read_rule(text)


def with_gain(item: Prescription, sql: str, *values: str) -> Prescription:
    sets = (ParameterSet(values=values),) if values else ()
    gain = StatementGain(fingerprint=sql, name="", sql=sql, cost_before=9, cost_after=1, weight=1.0, values=sets)
    return msgspec.structs.replace(item, gains=(*item.gains, gain))


@pytest.mark.server
def test_an_index_that_the_planner_uses_stays_and_the_journal_says_what_it_gained(database_on_each: Any) -> None:
    make_table(database_on_each, 5000)
    database_on_each.execute("analyze calls")
    item = with_gain(on_column("phone"), "select * from calls where phone = $1", "7")
    treatment = drive(treat(database_on_each.conninfo, course_of(database_on_each, item)))
    assert treatment.is_complete
    assert treatment.entries[0].note.startswith("used by 1 of 1 statements, ")
    assert "cheaper (planned by this server)" in treatment.entries[0].note
    assert ("calls_phone_idx", True) in database_on_each.execute(INDEXES)


@pytest.mark.server
def test_a_partial_index_is_asked_about_with_the_value_that_it_is_for(database: Any) -> None:
    make_table(database, 5000)
    database.execute("""
        update calls
        set status = case when id = 7 then 'live' else (array['new', 'seen', 'done', 'lost'])[1 + id % 4] end;
        analyze calls;
    """)
    definition = IndexDefinition(RelationName("public", "calls"), (IndexKey("status"),), predicate="status = 'live'")
    item = create_index.prescribe(definition, name="calls_live_idx", size_bytes=8192, reason="why")
    item = with_gain(item, "select count(*) from calls where status = $1 and id > $2")
    treatment = drive(treat(database.conninfo, course_of(database, item)))
    assert states(treatment) == [State.DONE]
    assert treatment.entries[0].note.startswith("used by 1 of 1 statements")


@pytest.mark.server
def test_an_index_that_the_planner_does_not_use_is_taken_back_once(database: Any) -> None:
    make_table(database, 5000)
    database.execute("analyze calls")
    item = with_gain(on_column("status"), "select * from calls where status = $1", "new")
    course = course_of(database, item)
    for _ in range(2):  # the second run does not try again
        treatment = drive(treat(database.conninfo, course))
        assert treatment.is_complete
        assert "uses it for none of its 1 statement" in treatment.entries[0].note
        assert database.execute(INDEXES) == [("calls_pkey", True)]
    assert database.execute("select state, note from pgclinic.journal where note like 'taken back: %'")
    insisting = Manner(keep_if=KeepRule(rule=Rule.ALWAYS))
    assert states(drive(treat(database.conninfo, course, manner=insisting))) == [State.DONE]
    assert ("calls_status_idx", True) in database.execute(INDEXES)


@pytest.mark.server
def test_a_dropped_index_comes_back_when_a_watched_statement_gets_dearer(database: Any) -> None:
    make_table(database, 5000)
    database.execute("create index old_phone on calls (phone)")
    database.execute("create index old_status on calls (status)")
    database.execute("analyze calls")
    watched = Watched(fingerprint="f", name="", sql="select * from calls where phone = $1", weight=1.0)
    items = [
        msgspec.structs.replace(dropping(database, name, IndexKey(column)), watches=(watched,))
        for name, column in (("old_phone", "phone"), ("old_status", "status"))
    ]
    treatment = drive(treat(database.conninfo, course_of(database, *items)))
    notes = {entry.prescription.object.name: entry.note for entry in treatment.entries}
    assert "dearer afterwards" in notes["old_phone"]
    assert notes["old_status"] == ""
    assert database.execute(INDEXES) == [("calls_pkey", True), ("old_phone", True)]


@pytest.mark.server
def test_a_partial_index_is_used_for_values_that_a_generic_plan_cannot_know(database: Any) -> None:
    make_table(database, 5000)
    database.execute("update calls set status = 'open' where id % 500 = 0; analyze calls")
    item = on_column("id", name="open_calls")
    (statement,) = item.do
    assert statement.makes is not None
    makes = msgspec.structs.replace(statement.makes, predicate="(status = 'open'::text)")
    statement = msgspec.structs.replace(statement, sql=f"{statement.sql} where status = 'open'", makes=makes)
    item = msgspec.structs.replace(item, do=(statement,))
    other = with_gain(item, "select * from calls where status = $1", "shut")
    assert states(drive(treat(database.conninfo, course_of(database, other)))) == [State.UNDONE]
    drive(undo(database.conninfo, purge=True))
    known = with_gain(item, "select * from calls where status = $1", "open")
    assert states(drive(treat(database.conninfo, course_of(database, known)))) == [State.DONE]
    drive(undo(database.conninfo, purge=True))
    # Without values of its own they are drawn from what the database knows now, and kept nowhere.
    drawn = with_gain(item, "select * from calls where status = $1")
    assert states(drive(treat(database.conninfo, course_of(database, drawn)))) == [State.DONE]
    [(kept,)] = database.execute("select prescription::text from pgclinic.journal")
    assert '"values"' not in kept or '"values": []' in kept or '"values":[]' in kept


@pytest.mark.server
def test_a_run_that_goes_on_compares_with_what_the_planner_said_before_the_first(database: Any) -> None:
    make_table(database, 5000)
    database.execute("analyze calls")
    course = course_of(database, with_gain(on_column("phone"), "select * from calls where phone = $1", "7"))
    manner = Manner(keep_if=read_rule("gain>=2"))
    drive(treat(database.conninfo, course, manner=manner))
    database.execute("update pgclinic.journal set state = 'started'")  # as if killed when the index was built
    treatment = drive(treat(database.conninfo, course, manner=manner))
    assert states(treatment) == [State.DONE]
    assert "cheaper" in treatment.entries[0].note


@pytest.mark.server
def test_what_the_planner_cannot_be_asked_is_kept(database: Any) -> None:
    make_table(database)
    item = with_gain(on_column("phone"), "select * from gone where phone = $1", "7")
    item = with_gain(item, "select * from calls; drop table calls", "7")
    assert states(drive(treat(database.conninfo, course_of(database, item)))) == [State.DONE]
    assert database.execute("select count(*) from calls") == [(1000,)]


@pytest.mark.server
def test_a_change_that_makes_its_statements_dearer_is_taken_back(database: Any) -> None:
    make_table(database, 5000)
    database.execute("create index by_phone on calls (phone); analyze calls")
    item = plain("index", "by_phone", ["drop index by_phone"], ["create index by_phone on calls (phone)"])
    item = with_gain(item, "select * from calls where phone = $1", "7")
    treatment = drive(treat(database.conninfo, course_of(database, item)))
    assert states(treatment) == [State.UNDONE]
    assert "dearer with it" in treatment.entries[0].note
    assert ("by_phone", True) in database.execute(INDEXES)


@pytest.fixture(params=[13, 18])
def database_on_ends(database_on: Any, request: pytest.FixtureRequest) -> Any:
    """Builds wait for each other's snapshots before 14."""
    return database_on(request.param)


@pytest.mark.server
def test_builds_on_different_tables_run_side_by_side_and_never_block_each_other(database_on_ends: Any) -> None:
    database = database_on_ends
    tables = [RelationName("public", f"t{number}") for number in range(3)]
    for table in tables:
        database.execute(f"create table {table} as select i, i::text as phone from generate_series(1, 30000) as i")
    items = [on_column(column, table=table) for column in ("phone", "i") for table in tables]
    view = plain("view", "v", ["create view v as select * from t0"], ["drop view v"])
    course = course_of(database, *items, msgspec.structs.replace(view, table=items[0].table))
    building = "select 1 from pg_stat_progress_create_index where datname = current_database()"
    most = 0
    with database.connect() as old:  # keeps the first ones at their last wait until there are two
        old.execute("begin isolation level repeatable read; create temporary table x (); select 1")

        def look(_: Progress) -> None:
            nonlocal most
            most = max(most, len(database.execute(building)))
            if most > 1:
                old.execute("rollback")

        treatment = drive(treat(database.conninfo, course, manner=Manner(jobs=3)), look)
    assert states(treatment) == [State.DONE] * 7, [entry.error for entry in treatment.entries]
    assert most > 1
    assert database.execute("select count(*) from pg_index where not indisvalid") == [(0,)]
    assert states(drive(undo(database.conninfo))) == [State.UNDONE] * 7


@pytest.mark.server
def test_a_failed_build_lets_the_others_end_and_begins_no_more(database: Any) -> None:
    make_table(database, 3000)
    database.execute("create table other as select i, 'x' as phone from generate_series(1, 3000) as i")
    other = RelationName("public", "other")
    course = course_of(database, on_column("phone", unique=True, table=other), on_column("phone"), on_column("status"))
    with database.connect() as old:
        old.execute("begin; update calls set status = 'x' where id = 1")

        def end_when_one_failed(_: Progress) -> None:
            has_journal = database.execute("select to_regclass('pgclinic.journal') is not null") == [(True,)]
            if has_journal and database.execute("select 1 from pgclinic.journal where state = 'failed'"):
                old.execute("rollback")

        treatment = drive(treat(database.conninfo, course, manner=Manner(jobs=2)), end_when_one_failed)
    assert states(treatment) == [State.FAILED, State.DONE, State.PLANNED]
    assert database.execute("select count(*) from pg_index where not indisvalid") == [(0,)]


@pytest.mark.server
def test_a_build_gives_way_to_a_schema_change_that_would_stop_the_table(database: Any) -> None:
    make_table(database, 1000)
    course = course_of(database, on_column("phone"))
    with database.connect() as old, database.connect() as migration, database.connect() as application:
        old.execute("begin isolation level repeatable read; select 1; create temporary table x ()")
        thread, outcome = in_background(treat(database.conninfo, course))
        building = "select 1 from pg_stat_progress_create_index where relid = 'calls'::regclass"
        wait_until(lambda: database.execute(building))
        started = time.monotonic()
        migration.execute("alter table calls add column day date")
        longest = time.monotonic() - started
        application.execute("select from calls limit 1")
        old.execute("rollback")
        thread.join()
    assert outcome[0].is_complete
    assert longest < 1.5  # half a second promised, on a busy machine
    assert database.execute("select state, longest_wait_ms between 1 and 1500 from pgclinic.journal") == [
        ("done", True)
    ]
    assert ("calls_phone_idx", True) in database.execute(INDEXES)


@pytest.mark.server
def test_a_build_does_not_give_way_to_a_vacuum_that_stops_nobody(database: Any) -> None:
    make_table(database, 1000)
    course = course_of(database, on_column("phone"))
    with database.connect() as old, database.connect() as vacuum:
        old.execute("begin isolation level repeatable read; create temporary table x (); select 1")
        thread, outcome = in_background(treat(database.conninfo, course))
        wait_until(lambda: database.execute(BUILDERS))
        building = database.execute(BUILDERS)
        cleaner = threading.Thread(target=vacuum.execute, args=("vacuum calls",))
        cleaner.start()
        time.sleep(1)
        assert database.execute(BUILDERS) == building
        old.execute("rollback")
        thread.join()
        cleaner.join()
    assert outcome[0].is_complete
    assert outcome[0].longest_wait_ms == 0
