"""Through a real PgBouncer in transaction mode, which changes the session between transactions and is killed."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from conftest import Database
from pgclinic.instance import server_account
from pgclinic.stack.programs import demand_pgbouncer
from pgclinic_runtime.batches import Append, Insert, Limits, RowsRefusedError

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


@pytest.mark.parametrize("how", [Append, Insert, partial(Insert, copy_first=False)])
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


def test_a_large_group_goes_through_it_whole_or_not_at_all(
    shop: Database, pooler: Pooler, make_writer: Callable[..., Any]
) -> None:
    target = Insert("calls", ("id", "phone"), conflict=("id",), update=("phone",), copy_first=False)
    rows = [(number, "x") for number in range(3000)]
    with make_writer(pooler.conninfo, target, limits=Limits(rows=5000, bytes=10**7, seconds=600)) as writer:
        first = writer.write_many([*rows, (7, "y")])
        writer.flush(60)
        first.result(60)
        second = writer.write_many([(number, "z") for number in range(2990, 3990)] + [(5, "bad")])
        writer.flush(60)
        with pytest.raises(RowsRefusedError) as refused:
            second.result(60)
    assert [one.row for one in refused.value.refusals] == [b"5\tbad"]
    assert shop.execute("select phone, count(*) from calls group by 1 order by 1") == [
        ("x", 2989),
        ("y", 1),
        ("z", 1000),
    ]
