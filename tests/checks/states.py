"""What a case needs beyond SQL on one connection: sessions that stay open, and a server left as it was found."""

import importlib.util
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import make_conninfo

from pgclinic.instance.account import server_account

if TYPE_CHECKING:
    from tests.conftest import Database


class Sessions:
    """The named sessions of a case; a name may stand for several, which do the same."""

    def __init__(self, database: "Database") -> None:
        self._database = database
        self._open: dict[str, list[psycopg.Connection]] = {}

    def execute(self, name: str, statement: str, *, count: int = 1, waits: bool = False) -> None:
        """Run it in each of ``count`` sessions of this application name, without its answer when it ``waits``."""
        while len(self._open.setdefault(name, [])) < count:
            self._open[name].append(self._database.connect(application_name=name))
        for connection in self._open[name]:
            while connection.pgconn.get_result():
                pass
            if waits:
                connection.pgconn.send_query(statement.encode())
            else:
                connection.execute(statement)

    @property
    def pids(self) -> list[int]:
        return [connection.info.backend_pid for group in self._open.values() for connection in group]

    def close(self, *names: str) -> None:
        for name in names or tuple(self._open):
            for connection in self._open.pop(name):
                connection.close()


def load_state(folder: Path, database: "Database") -> Any:
    """An instance of the State of a case's ``state.py``, whose methods are named as the files; None without one."""
    path = folder / "state.py"
    if not path.exists():
        return None
    spec = importlib.util.spec_from_file_location(f"state_of_{folder.name}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.State(database)


def tidy(database: "Database") -> None:
    """Take away what a case may have left on the server that others share: settings, slots, prepared transactions."""
    with database.connect() as connection:
        # A case that took its settings back may have left them to a reload that the server has not come to yet.
        is_as_loaded = connection.execute("""
            select pg_conf_load_time(), not exists (
                select from pg_file_settings where sourcefile like '%postgresql.auto.conf'
            ) and (pg_stat_file('postgresql.auto.conf')).modification < date_trunc('second', pg_conf_load_time())
        """).fetchone()
        assert is_as_loaded is not None
        loaded, is_clean = is_as_loaded
        if not is_clean:
            connection.execute("alter system reset all")
            connection.execute("select pg_reload_conf()")
            until(lambda: database.execute("select pg_conf_load_time()") != [(loaded,)])
        connection.execute("select pg_terminate_backend(active_pid) from pg_replication_slots where active")
        until(lambda: not database.execute("select from pg_replication_slots where active"))
        connection.execute("select pg_drop_replication_slot(slot_name) from pg_replication_slots")
        for (name,) in connection.execute(
            "select gid from pg_prepared_xacts where database = current_database()"
        ).fetchall():
            connection.execute(psycopg.sql.SQL("rollback prepared {}").format(name))


class OwnServer:
    """Another server on the files in ``data``, which stands beside the database's own and uses its programs."""

    def __init__(self, database: "Database", data: Path, port: int, **settings: str) -> None:
        self.database = database
        self.conninfo = make_conninfo(database.conninfo, port=str(port))
        if not (data / "standby.signal").exists():
            self.conninfo = make_conninfo(self.conninfo, dbname="postgres")
        command: list[str | Path] = [database.instance.binaries.program("postgres"), "-D", data, "-c", f"port={port}"]
        folder = str(database.instance.socket_directory)
        for name, value in {"unix_socket_directories": folder, "listen_addresses": "", **settings}.items():
            command += ["-c", f"{name}={value}"]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **as_server()
        )
        try:
            until(self._is_up)
        except BaseException:
            self.stop()
            raise

    def _is_up(self) -> bool:
        assert self._process.poll() is None
        try:
            psycopg.connect(self.conninfo).close()
        except psycopg.OperationalError:
            return False
        return True

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait()


def as_server() -> dict[str, Any]:
    """How a program is run as the account that servers run as."""
    account = server_account()
    return {"user": account.switch_user, "group": account.switch_group, "extra_groups": account.switch_groups}


def initdb(database: "Database", data: Path, *options: str) -> None:
    """A new, empty server's files."""
    instance = database.instance
    command = [instance.binaries.program("initdb"), "-D", data, "-U", instance.superuser, "--auth=trust", "--no-sync"]
    subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL, cwd="/", **as_server())


def standby_of(database: "Database", name: str, port: int, **settings: str) -> OwnServer:
    """A standby of the database's server, which takes finished WAL files from where the primary keeps them."""
    primary = database.instance.data_directory
    data = database.instance.socket_directory / name
    with database.connect() as connection:
        connection.execute("select pg_backup_start('standby', true)")
        subprocess.run(["cp", "-a", primary, data], check=True)
        [(label,)] = connection.execute("select labelfile from pg_backup_stop(false)").fetchall()
    (data / "postmaster.pid").unlink()
    account = server_account()
    for file, text in {"backup_label": label, "standby.signal": ""}.items():
        (data / file).write_text(text)
        os.chown(data / file, account.uid, account.gid)
    settings = {"restore_command": f"cp {primary}/pg_wal/%f %p", "wal_retrieve_retry_interval": "100ms", **settings}
    return OwnServer(database, data, port, **settings)


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(200):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it never became so")
