"""What a treatment does when something it stands on goes away: its client, the network, room on a disk."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from conftest import Database
from pgclinic.instance.account import server_account
from pgclinic.model.errors import UserError
from pgclinic.model.treatment import State
from pgclinic.report.course_json import encode
from pgclinic.verbs.driving import drive
from pgclinic.verbs.status import status
from pgclinic.verbs.treat import treat
from pgclinic.verbs.undo import undo
from treating import (
    INDEXES,
    Copy,
    Stable,
    course_of,
    in_background,
    is_building,
    make_table,
    on_column,
    patient_of,
    plain,
    states,
    wait_until,
)

if TYPE_CHECKING:
    from pgclinic.instance import Instance

pytestmark = pytest.mark.server

DONE = [("calls_phone_idx", True), ("calls_pkey", True)]
ORPHANS = "select pid from pg_stat_activity where datname = current_database() and application_name = 'pgclinic'"


@pytest.fixture(autouse=True)
def _state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture(params=[13, 15])
def database_on_older(database_on: Any, request: pytest.FixtureRequest) -> Any:
    """One server that cannot notice the loss of its client, and one that can."""
    return database_on(request.param)


def test_a_build_that_outlives_its_client_is_adopted(database_on_older: Any, tmp_path: Path) -> None:
    """Before 14 the server does not notice that the client is gone; later ones end the build themselves."""
    database = database_on_older
    make_table(database)
    course = course_of(database, on_column("phone"))
    file = tmp_path / "course.json"
    file.write_bytes(encode(course))
    with database.connect() as old, Stable(tmp_path) as stable:
        old.execute("begin; update calls set status = 'x' where id = 1")
        client = stable.begin("treat", database.conninfo, file)
        wait_until(lambda: is_building(database))
        os.kill(client, signal.SIGKILL)
        stable.wait()
        if database.major >= 14:
            wait_until(lambda: not database.execute(ORPHANS))
        else:
            time.sleep(1)
            assert drive(status(database.conninfo)).underway[0].words.startswith("waiting for pid")
        threading.Timer(1, old.execute, ["rollback"]).start()
        assert drive(treat(database.conninfo, course)).is_complete
    assert database.execute(INDEXES) == DONE
    wait_until(lambda: not database.execute(ORPHANS))


class Network:
    """Between a client and the server's socket; it can be cut."""

    def __init__(self, conninfo: str, folder: Path) -> None:
        server = conninfo_to_dict(conninfo)
        self._server = f"{server['host']}/.s.PGSQL.{server['port']}"
        self.conninfo = make_conninfo(conninfo, host=str(folder))
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"{folder}/.s.PGSQL.{server['port']}")
        self._listener.listen()
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join()
        for end in self._ends:
            end.close()

    def cut(self) -> None:
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server)
            self._ends += [client, server]
            for ends in ((client, server), (server, client)):
                thread = threading.Thread(target=self._carry, args=ends)
                self._threads.append(thread)
                thread.start()

    @staticmethod
    def _carry(source: socket.socket, target: socket.socket) -> None:
        try:
            while content := source.recv(65536):
                target.sendall(content)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def test_a_network_that_is_cut_is_one_sentence_and_the_next_run_goes_on(database: Any, tmp_path: Path) -> None:
    make_table(database)
    view = plain("view", "v", ["create view v as select * from calls"], ["drop view v"])
    course = course_of(database, view, on_column("phone"))
    with Network(database.conninfo, tmp_path) as network, database.connect() as old:
        old.execute("begin; update calls set status = 'x' where id = 1")
        thread, outcome = in_background(treat(network.conninfo, course))
        wait_until(lambda: is_building(database))
        network.cut()
        thread.join()
        old.execute("rollback")
    assert isinstance(outcome[0], UserError)
    assert "run treat again, it goes on where it stopped" in str(outcome[0])
    seen = drive(status(database.conninfo))
    assert [entry.state for entry in seen.entries] == [State.DONE, State.STARTED]
    assert drive(treat(database.conninfo, course)).is_complete
    assert database.execute(INDEXES) == DONE
    assert states(drive(undo(database.conninfo))) == [State.UNDONE] * 2


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of two megabytes that the server may write to, where its account can get at it."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]
    mounted = subprocess.run(mount, check=False, capture_output=True)
    if mounted.returncode:
        folder.rmdir()
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    account = server_account()
    os.chown(folder, account.uid, account.gid)
    yield folder
    subprocess.run(["umount", folder], check=True)
    folder.rmdir()


def test_a_full_disk_fails_one_item_leaves_nothing_invalid_and_is_resumed(database: Any, small_disk: Path) -> None:
    make_table(database, 120_000)
    course = course_of(database, on_column("phone"))
    space = f"small_{os.getpid()}"
    with database.connect() as connection:
        connection.execute(f"create tablespace {space} location '{small_disk}'")
        connection.execute(f"alter database {database.name} set default_tablespace = {space}")
        try:
            treatment = drive(treat(database.conninfo, course))
            assert states(treatment) == [State.FAILED]
            assert "No space left on device" in treatment.entries[0].error
            assert database.execute(INDEXES) == [("calls_pkey", True)]
            subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
            assert drive(treat(database.conninfo, course)).is_complete
            assert database.execute(INDEXES) == DONE
        finally:
            connection.execute(f"alter database {database.name} reset default_tablespace")
            drive(undo(database.conninfo, purge=True))
            connection.execute(f"drop tablespace {space}")


def test_a_journal_on_a_full_disk_stops_everything_before_it_is_done(database: Any, tmp_path: Path) -> None:
    make_table(database)
    course = course_of(database, on_column("phone"))
    patient = patient_of(database)
    journals = tmp_path / "journals"
    journals.mkdir()
    file = journals / f"{patient.system_identifier}-{patient.database_oid}.jsonl"
    file.symlink_to("/dev/full")
    with pytest.raises(UserError, match="make room and run the command again"):
        drive(treat(database.conninfo, course, journals=journals))
    assert database.execute(INDEXES) == [("calls_pkey", True)]
    file.unlink()
    shutil.rmtree(journals)
    assert drive(treat(database.conninfo, course, journals=journals)).is_complete
    assert database.execute(INDEXES) == DONE


@pytest.mark.parametrize("major", [15, 18])
def test_a_server_that_was_stopped_at_once_and_started_again_is_treated_to_the_end(server: Any, major: int) -> None:
    copy = Copy(server(major), f"copy{os.getpid()}", port=5435, settings={"synchronous_commit": "on"}, standby=False)
    database = Database(cast("Instance", copy), "postgres")
    try:
        wait_until(lambda: can_be_reached(database))
        make_table(database)
        view = plain("view", "v", ["create view v as select * from calls"], ["drop view v"])
        course = course_of(database, view, on_column("phone"))
        old = database.connect()
        old.execute("begin; update calls set status = 'x' where id = 1")
        thread, outcome = in_background(treat(database.conninfo, course))
        wait_until(lambda: is_building(database))
        copy.stop(signal.SIGQUIT)
        thread.join()
        old.close()
        assert "run treat again" in str(outcome[0])
        copy.start()
        wait_until(lambda: can_be_reached(database))
        assert [entry.state for entry in drive(status(database.conninfo)).entries] == [State.DONE, State.STARTED]
        assert drive(treat(database.conninfo, course)).is_complete
        assert database.execute(INDEXES) == DONE
        assert states(drive(undo(database.conninfo))) == [State.UNDONE] * 2
    finally:
        copy.stop()
        shutil.rmtree(copy.data_directory)


def can_be_reached(database: Database) -> bool:
    try:
        database.execute("select 1")
    except psycopg.OperationalError:
        return False
    return True
