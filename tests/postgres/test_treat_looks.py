"""What is looked at before a treatment, and what a look decides."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from pgclinic.model.errors import UserError
from pgclinic.model.preflight import Decision, Verdict
from pgclinic.model.prescription import SeenTable
from pgclinic.model.treatment import State
from pgclinic.postgres.connect import open_session
from pgclinic.postgres.locks import take_clinic_lock
from pgclinic.postgres.window import Window, look_at_clock, read_window
from pgclinic.verbs.driving import drive
from pgclinic.verbs.treat import Manner, treat
from treating import CALLS, course_of, look_at, make_table, on_column, states

SEEN = SeenTable(name=CALLS, columns=("id integer", "phone text", "status text"), rows=1000.0, indexes=("calls_pkey",))


@pytest.fixture(autouse=True)
def _state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.mark.parametrize(
    ("text", "now", "left"),
    [
        ("02:00-05:00", 3 * 3600, 7200),
        ("02:00-05:00", 2 * 3600, 10800),
        ("02:00-05:00", 5 * 3600, 0),
        ("02:00-05:00", 1 * 3600, 0),
        ("22:30-01:00", 23 * 3600, 7200),
        ("22:30-01:00", 1800, 1800),
        ("22:30-01:00", 12 * 3600, 0),
    ],
)
def test_a_window_may_span_midnight(text: str, now: float, left: float) -> None:
    window = read_window(text)
    assert window.seconds_left(now) == left
    assert str(window) == text


@pytest.mark.parametrize("text", ["", "2-5", "02:00", "25:00-03:00", "02:00-02:00", "02:00-05:00 UTC"])
def test_what_is_no_window_is_said(text: str) -> None:
    with pytest.raises(UserError, match="--window"):
        read_window(text)


@pytest.mark.server
def test_the_clock_is_the_server_s_in_the_zone_that_is_asked_for(database: Any) -> None:
    hour, quarter = 3600, 900
    [(now,)] = database.execute("select extract(epoch from (now() at time zone 'Asia/Kathmandu')::time)::int")
    with open_session(database.conninfo) as connection:
        window = Window(int(now - hour) % 86400 // 60 * 60, int(now + quarter) % 86400 // 60 * 60, "Asia/Kathmandu")
        moment = look_at_clock(connection, window)
        assert moment.zone == "Asia/Kathmandu"
        assert 0 < moment.seconds_left <= quarter
        # 5 h 45 min away, where this is another time of day.
        assert look_at_clock(connection, msgspec.structs.replace(window, zone="UTC")).seconds_left == 0
        with pytest.raises(UserError, match="no time zone"):
            look_at_clock(connection, msgspec.structs.replace(window, zone="Nowhere/Land"))


def window_around_now(database: Any, *, minutes: int) -> Window:
    [(now,)] = database.execute(
        "select extract(epoch from (now() at time zone current_setting('log_timezone'))::time)::int"
    )
    return Window((now - 600) % 86400, (now + 60 * minutes) % 86400)


@pytest.mark.server
def test_outside_its_hours_nothing_is_begun_and_what_would_not_finish_is_left(database: Any) -> None:
    make_table(database)
    long = msgspec.structs.replace(on_column("phone"), build_seconds=7200.0)
    short = msgspec.structs.replace(on_column("status"), build_seconds=1.0)
    course = course_of(database, long, short)
    open_now = window_around_now(database, minutes=30)
    closed = Manner(window=Window(open_now.end, open_now.start))
    treatment = drive(treat(database.conninfo, course, manner=closed))
    assert states(treatment) == [State.PLANNED] * 2
    assert look_at(treatment, "hours").verdict is Verdict.STOP
    assert database.execute("select to_regnamespace('pgclinic')") == [(None,)]
    treatment = drive(treat(database.conninfo, course, manner=Manner(window=open_now)))
    assert states(treatment) == [State.PLANNED, State.DONE]
    assert "about 7,200 s" in treatment.entries[0].note
    assert not treatment.is_complete


@pytest.mark.server
def test_what_moved_since_the_course_was_written_is_said(database: Any) -> None:
    make_table(database)
    database.execute("analyze calls")
    course = msgspec.structs.replace(course_of(database, on_column("phone")), tables=(SEEN,))
    treatment = drive(treat(database.conninfo, course, dry_run=True))
    assert look_at(treatment, "schema", 0).verdict is Verdict.FINE
    assert look_at(treatment, "statistics", 0).verdict is Verdict.FINE
    database.execute("""
        alter table calls alter status type varchar(9);
        create index mine on calls (status);
        insert into calls select i, i from generate_series(2000, 9000) as i;
        analyze calls;
    """)
    treatment = drive(treat(database.conninfo, course, dry_run=True))
    schema = look_at(treatment, "schema", 0)
    assert schema.verdict is Verdict.MIND
    assert "column status text is gone or changed" in schema.words
    assert "index mine is new" in schema.words
    assert look_at(treatment, "statistics", 0).words == "8,001 rows, and it was prescribed for 1,000"


@pytest.mark.server
def test_who_holds_a_lock_on_the_table_is_named(database: Any) -> None:
    make_table(database)
    with database.connect() as holder:
        holder.execute("begin; lock table calls in share update exclusive mode")
        treatment = drive(treat(database.conninfo, course_of(database, on_column("phone")), dry_run=True))
        look = look_at(treatment, "lock queue", 0)
        assert look.verdict is Verdict.MIND
        assert f"pid {holder.info.backend_pid}" in look.words
        assert "ShareUpdateExclusiveLock" in look.words


@pytest.mark.server
def test_a_disk_that_is_too_small_is_seen_before_anything_is_touched(database: Any) -> None:
    make_table(database)
    huge = msgspec.structs.replace(on_column("phone"), size_bytes=1 << 50)
    course = course_of(database, huge)
    treatment = drive(treat(database.conninfo, course, dry_run=True))
    assert treatment.preflight is not None
    look = look_at(treatment, "disk", 0)
    if look.verdict is Verdict.UNSEEN:
        pytest.skip("the server's files are closed to this account")
    assert treatment.preflight.items[0].decision is Decision.REFUSED
    with pytest.raises(UserError, match="make room first"):
        drive(treat(database.conninfo, course))
    assert database.execute("select to_regnamespace('pgclinic')") == [(None,)]


@pytest.mark.server
def test_another_clinic_at_work_is_seen_by_a_dry_run(database: Any) -> None:
    make_table(database)
    with open_session(database.conninfo) as other:
        take_clinic_lock(other)
        treatment = drive(treat(database.conninfo, course_of(database, on_column("phone")), dry_run=True))
        look = look_at(treatment, "other clinics")
        assert look.verdict is Verdict.STOP
        assert f"pid {other.info.backend_pid}" in look.words
