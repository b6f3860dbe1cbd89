"""Through PgBouncer in transaction mode: seen whole, and nothing left behind in the pool."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgclinic.instance.account import server_account
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import is_pooled, open_session
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from tests.conftest import Database

pytestmark = pytest.mark.server
PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@pytest.fixture(params=["", "ignore_startup_parameters = options,extra_float_digits"], ids=["refuses", "swallows"])
def pooled(request: pytest.FixtureRequest, database: "Database") -> Iterator[str]:
    """A conninfo that leads to the database through PgBouncer with a single server connection."""
    assert PGBOUNCER, "no pgbouncer on this machine; run scripts/test_packages.sh"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    instance = database.instance
    folder = instance.socket_directory / f"pgbouncer-{port}"
    folder.mkdir()
    (folder / "users.txt").write_text(f'"{instance.superuser}" "{instance.password}"\n')
    (folder / "pgbouncer.ini").write_text(
        f"""[databases]
        * = host={instance.socket_directory} port=5432
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = {port}
        unix_socket_dir =
        auth_type = plain
        auth_file = {folder}/users.txt
        pool_mode = transaction
        default_pool_size = 1
        logfile = {folder}/log
        {request.param}
        """.replace("\n        ", "\n")
    )
    account = server_account()
    if account.is_other:
        for path in (folder, *folder.iterdir()):
            os.chown(path, account.uid, account.gid)
    process = subprocess.Popen(
        [PGBOUNCER, folder / "pgbouncer.ini"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=account.switch_user,
        group=account.switch_group,
        extra_groups=account.switch_groups,
        cwd="/",
    )
    conninfo = (
        f"host=127.0.0.1 port={port} dbname={database.name} user={instance.superuser} password={instance.password}"
    )
    try:
        for _ in range(100):
            if process.poll() is not None:
                pytest.fail((folder / "log").read_text())
            try:
                psycopg.connect(conninfo).close()
                break
            except psycopg.OperationalError:
                time.sleep(0.05)
        yield conninfo
    finally:
        process.terminate()
        process.wait()


def test_a_visit_through_a_transaction_pooler(database: "Database", pooled: str) -> None:
    database.execute("create table t (a int primary key, b text); create view v as select b from t where a = 1")
    database.execute("insert into t select g, g::text from generate_series(1, 100) g")
    database.execute("analyze t")
    with open_session(pooled) as connection:
        assert is_pooled(connection)
        snapshot = drive(collect(connection))
    with open_session(database.conninfo) as connection:
        assert not is_pooled(connection)
        directly = drive(collect(connection))

    assert snapshot.relations == directly.relations
    assert snapshot.column_statistics == directly.column_statistics
    assert snapshot.column_ends == directly.column_ends
    assert snapshot.indexes[0].definition == directly.indexes[0].definition


def test_the_next_client_finds_the_server_session_as_it_was(pooled: str) -> None:
    names = ("search_path", "statement_timeout", "lock_timeout", "enable_seqscan", "jit", "TimeZone", "work_mem")

    def settings() -> dict[str, str]:
        with psycopg.connect(pooled, autocommit=True, prepare_threshold=None) as connection:
            return {name: connection.execute(f"show {name}").fetchall()[0][0] for name in names}

    before = settings()
    with open_session(pooled) as connection:
        drive(collect(connection))
    assert settings() == before
