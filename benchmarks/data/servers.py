"""PostgreSQL servers whose data stays: made once, started again in a second by the next benchmark."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
from psycopg.conninfo import make_conninfo

from pgclinic.instance import Binaries, binaries_for, storage
from pgclinic.instance.account import server_account
from pgclinic.instance.server import _reachable

SETTINGS = {
    "listen_addresses": "''",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "fsync": "off",
    "autovacuum": "off",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "work_mem": "64MB",
    "lc_messages": "C",
}
"""The planner's settings are PostgreSQL's own but for three: the published lines were measured so."""

_START_SECONDS = 60


class Server(msgspec.Struct, frozen=True):
    """A running server and where it is."""

    major: int
    directory: Path

    def conninfo(self, database: str = "postgres") -> str:
        """How to connect as the superuser; only this account reaches the socket."""
        return make_conninfo(host=str(self.directory), port=5432, dbname=database, user="postgres")


@contextlib.contextmanager
def server(major: int) -> Iterator[Server]:
    """The kept server of this major version: as it runs already, or started now and stopped afterwards."""
    kept = Server(major, storage.home() / "benchmarks" / str(major))
    if _answers(kept):
        yield kept
        return
    binaries = _reachable(binaries_for(major))
    if not (kept.directory / "data").is_dir():
        _initialise(kept, binaries)
    process = _launch(kept, binaries)
    try:
        yield kept
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def _answers(kept: Server) -> bool:
    try:
        psycopg.connect(kept.conninfo()).close()
    except psycopg.OperationalError:
        return False
    return True


def _initialise(kept: Server, binaries: Binaries) -> None:
    account = server_account()
    kept.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.chown(kept.directory, account.uid, account.gid)
    draft = kept.directory / "draft"
    shutil.rmtree(draft, ignore_errors=True)
    options = ["--username=postgres", "--auth=trust", "--no-sync", "--no-locale", "--encoding=UTF8"]
    subprocess.run(
        [binaries.program("initdb"), f"--pgdata={draft}", *options],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/",
        user=account.switch_user,
        group=account.switch_group,
        extra_groups=account.switch_groups,
    )
    with (draft / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = {value}\n" for name, value in SETTINGS.items())
        file.write(f"unix_socket_directories = '{kept.directory}'\n")
    draft.rename(kept.directory / "data")


def _launch(kept: Server, binaries: Binaries) -> subprocess.Popen[bytes]:
    account = server_account()
    with (kept.directory / "log").open("ab") as log:
        process = subprocess.Popen(
            [binaries.program("postgres"), "-D", kept.directory / "data"],
            stdout=log,
            stderr=log,
            cwd="/",
            user=account.switch_user,
            group=account.switch_group,
            extra_groups=account.switch_groups,
            umask=0o077,
        )
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(kept):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise SystemExit(f"PostgreSQL {kept.major} did not start; its log is {kept.directory / 'log'}.")
        time.sleep(0.05)
    return process
