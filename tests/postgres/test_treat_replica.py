"""Batches of rows wait for a replica that is behind, and how long a build will take is told from how it goes."""

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from conftest import NEWEST, Database, binaries_on_machine
from pgclinic.instance import Instance, start
from pgclinic.model.preflight import Verdict
from pgclinic.model.prescription import Statement
from pgclinic.model.progress import Progress
from pgclinic.postgres.locks import Sight
from pgclinic.postgres.sending import Patience, Waiting
from pgclinic.verbs.driving import drive
from pgclinic.verbs.treat import treat
from treating import Copy, course_of, look_at, make_table, plain, wait_until

APPLY_DELAY_SECONDS = 2


@pytest.fixture
def primary() -> Iterator[Instance]:
    """A server of its own with a replica that applies everything two seconds late."""
    with start(binaries_on_machine(NEWEST), settings={"autovacuum": "off"}, trusted=True) as instance:
        hba = instance.data_directory / "pg_hba.conf"
        hba.write_text(hba.read_text() + "local replication all trust\n")
        with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
            connection.execute("select pg_reload_conf()")
            connection.execute("create database shop")
        settings = {
            "primary_conninfo": make_conninfo(instance.conninfo("postgres"), application_name="mirror"),
            "recovery_min_apply_delay": f"{APPLY_DELAY_SECONDS}s",
            "wal_receiver_status_interval": "1s",
        }
        replica = Copy(instance, "replica", port=5433, settings=settings, standby=True)
        streaming = "select 1 from pg_stat_replication where state = 'streaming'"
        try:
            with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
                wait_until(lambda: connection.execute(streaming).fetchall())
            yield instance
        finally:
            replica.stop()


def write_until(database: Database, is_over: threading.Event) -> None:
    """Something for the replica to be behind with."""
    with database.connect() as connection:
        connection.execute("create table noise (at timestamptz)")
        while not is_over.wait(0.02):
            connection.execute("insert into noise values (clock_timestamp())")


@pytest.mark.server
def test_batches_wait_until_the_replica_has_caught_up(
    primary: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    database = Database(primary, "shop")
    make_table(database, 200)
    item = plain("table", "calls", [], [])
    batch = "update calls set status = 'old' where id in (select id from calls where status = 'new' limit 100)"
    item = msgspec.structs.replace(item, do=(Statement(sql=batch, repeats=True),))
    course = course_of(database, item)
    is_over = threading.Event()
    writer = threading.Thread(target=write_until, args=(database, is_over))
    writer.start()
    steps: list[str] = []

    def look(progress: Progress) -> None:
        steps.append(progress.step)
        if "waiting for mirror" in progress.step:
            is_over.set()

    try:
        wait_until(lambda: database.execute("select replay_lag > '1 s' from pg_stat_replication") == [(True,)])
        rehearsed = drive(treat(database.conninfo, course, dry_run=True))
        assert "mirror furthest behind with" in look_at(rehearsed, "replicas").words
        treatment = drive(treat(database.conninfo, course, patience=Patience(lag_s=1)), look)
    finally:
        is_over.set()
        writer.join()
    assert treatment.is_complete
    assert treatment.entries[0].rows == 200
    assert any("waiting for mirror, which is" in step for step in steps)
    assert look_at(treatment, "replicas").verdict is not Verdict.STOP


def test_the_time_left_is_told_from_how_a_phase_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("pgclinic.postgres.sending.time.monotonic", lambda: now[0])
    waiting, observer = Waiting(Patience()), None

    def left(phase: str, done: int, after: float) -> float | None:
        now[0] += after
        sight = Sight(phase=phase, blocks_done=done, blocks_total=1000, waits_for="", blocking_pids=())
        return waiting.note(observer, sight, "build").seconds_left  # type: ignore[arg-type]

    assert left("scanning table", 100, 0) is None
    assert left("scanning table", 200, 0.5) is None  # too early to tell
    assert left("scanning table", 300, 1.5) == pytest.approx(700 * 2 / 200)
    assert left("scanning table", 900, 2) == pytest.approx(100 * 4 / 800)
    assert left("sorting", 0, 1) is None
