"""Through a real PgBouncer: refused where transactions are pooled, fine where each client has its own session."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgclinic.model.errors import UserError
from pgclinic.postgres.connect import open_session
from pgclinic.postgres.pooling import demand_direct_connection
from pgclinic.verbs.driving import drive
from pgclinic.verbs.status import status
from pgclinic.verbs.treat import treat
from pgclinic.verbs.undo import undo
from treating import course_of, make_table, on_column

pytestmark = pytest.mark.server

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")


@pytest.fixture
def pooler(database: Any, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Start PgBouncer with a pool mode; gives the connection string through it."""
    assert PROGRAM is not None, "pgbouncer is not installed; run scripts/test_packages.sh"
    processes: list[subprocess.Popen[bytes]] = []

    def start(pool_mode: str, **settings: object) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = conninfo_to_dict(database.conninfo)
        parts = " ".join(f"{key}={server[key]}" for key in ("host", "port", "dbname", "user"))
        lines = {
            "listen_addr": "127.0.0.1",
            "listen_port": port,
            "unix_socket_dir": "",
            "auth_type": "any",
            "pool_mode": pool_mode,
            "logfile": tmp_path / "log",
            **settings,
        }
        # The server's socket directory is open to its own account only, so the pooler runs under the same.
        account = pwd.getpwuid(database.instance.socket_directory.stat().st_uid)
        file = tmp_path / "pgbouncer.ini"
        text = f"[databases]\n{database.name} = {parts} password={server['password']}\n[pgbouncer]\n"
        file.write_text(text + "".join(f"{key} = {value}\n" for key, value in lines.items()))
        command = ["/bin/sh", "-c", f"exec {PROGRAM} -q pgbouncer.ini"]
        shutil.chown(tmp_path, account.pw_uid)
        for folder in (tmp_path, *tmp_path.parents):
            if folder == Path(tempfile.gettempdir()):
                break
            folder.chmod(0o755)
        is_other = account.pw_uid != os.geteuid()
        identity: dict[str, Any] = {"user": account.pw_uid, "group": account.pw_gid} if is_other else {}
        processes.append(subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL, **identity))
        conninfo = make_conninfo(host="127.0.0.1", port=port, dbname=database.name, user="anybody", sslmode="disable")
        for _ in range(100):
            try:
                psycopg.connect(conninfo).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return conninfo
        raise AssertionError((tmp_path / "log").read_text())

    yield start
    for process in processes:
        process.terminate()
        process.wait()


@pytest.mark.parametrize(
    "settings", [{}, {"default_pool_size": 1}, {"server_round_robin": 1}, {"ignore_startup_parameters": "options"}]
)
def test_a_transaction_pooler_is_refused(database: Any, pooler: Callable[..., str], settings: dict[str, Any]) -> None:
    conninfo = pooler("transaction", **settings)
    make_table(database, 10)
    course = course_of(database, on_column("phone"))
    for verb in (treat(conninfo, course), treat(conninfo, course, dry_run=True), undo(conninfo)):
        with pytest.raises(UserError, match="direct connection"):
            drive(verb)
    assert database.execute("select to_regnamespace('pgclinic')") == [(None,)]
    assert drive(status(conninfo)).entries == ()  # what only reads works
    leaked = "select 1 from pg_stat_activity where application_name = 'pgclinic' and state <> 'idle'"
    assert database.execute(leaked) == []


def test_a_busy_transaction_pooler_is_refused(pooler: Callable[..., str]) -> None:
    conninfo = pooler("transaction")
    with psycopg.connect(conninfo) as other, psycopg.connect(conninfo) as another:
        other.execute("select 1")
        another.execute("select 1")
        with pytest.raises(UserError, match="direct connection"):
            drive(undo(conninfo))


def test_a_session_pooler_and_a_direct_connection_are_fine(database: Any, pooler: Callable[..., str]) -> None:
    for conninfo in (pooler("session"), database.conninfo):
        with open_session(conninfo) as first, open_session(conninfo) as second:
            demand_direct_connection(first, second)
