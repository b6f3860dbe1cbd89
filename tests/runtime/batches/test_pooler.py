"""Through a real PgBouncer in transaction mode, which changes the session between transactions and is killed."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from conftest import Database
from pgclinic.instance import server_account
from pgclinic.stack.programs import demand_pgbouncer
from pgclinic_runtime.batches import Append, Insert, Limits

pytestmark = pytest.mark.server


class Pooler:
    """PgBouncer before one database, two server sessions for all."""

    def __init__(self, folder: Path, database: Database) -> None:
        server = conninfo_to_dict(database.conninfo)
        self._file = folder / "pgbouncer.ini"
        self._file.write_text(
            f"[databases]\nshop = host={server['host']} port={server['port']} dbname={database.name}"
            f" user={server['user']} password={server['password']}\n[pgbouncer]\nunix_socket_dir = {folder}\n"
            "listen_port = 6432\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 2\n"
            "server_reset_query_always = 1\nserver_reset_query = discard all\n"
        )
        self._account = server_account()
        if self._account.is_other:
            for path in (folder, self._file):
                os.chown(path, self._account.uid, self._account.gid)
        self.conninfo = make_conninfo(host=str(folder), port=6432, dbname="shop", user="anybody")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [demand_pgbouncer().path, "-q", str(self._file)],
            user=self._account.switch_user,
            group=self._account.switch_group,
            extra_groups=self._account.switch_groups,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.conninfo, autocommit=True, prepare_threshold=None).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()


@pytest.fixture
def pooler(shop: Database) -> Iterator[Pooler]:
    with tempfile.TemporaryDirectory() as folder:  # a short path: sockets have no long ones
        pooler = Pooler(Path(folder), shop)
        pooler.start()
        yield pooler
        pooler.kill()


@pytest.mark.parametrize("how", [Append, Insert])
def test_writers_work_through_a_pooler_that_is_killed_and_started_again(
    shop: Database, pooler: Pooler, make_writer: Callable[..., Any], how: Any
) -> None:
    target = how("calls", ("id", "phone"))
    with make_writer(pooler.conninfo, target, limits=Limits(rows=10, seconds=0.01)) as writer:
        for start in range(0, 300, 100):
            ticket = writer.write_many([(number, "é\t") for number in range(start, start + 100)])
            if start:
                pooler.kill()
                pooler.start()
            ticket.result(120)
    assert shop.execute("select id from calls order by id") == [(number,) for number in range(300)]
