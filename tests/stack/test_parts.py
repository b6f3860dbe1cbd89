"""The running parts are real: they stream, pool and store, die when killed, come back, and leave nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from redis import Redis as RedisClient

from conftest import EACH, binaries_on_machine
from pgclinic.instance import InstanceError
from pgclinic.instance.storage import sweep
from pgclinic.stack import Pooler, Redis, start_pooler, start_redis
from stacking import Pair, running_pair

pytestmark = pytest.mark.server


def rows(conninfo: str, question: str = "select count(*) from t") -> int:
    with psycopg.connect(conninfo, prepare_threshold=None) as connection:
        [(number,)] = connection.execute(question.encode()).fetchall()
        assert isinstance(number, int)
        return number


def _until(condition: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


@pytest.mark.parametrize("major", EACH)
def test_a_replica_follows_pauses_lags_crashes_and_catches_up(major: int) -> None:
    with running_pair(binaries_on_machine(major)) as pair:
        pair.execute("create table t (a int)")
        assert rows(pair.replica_conninfo) == 0
        pair.replica.pause()
        with psycopg.connect(pair.conninfo, autocommit=True) as primary:
            primary.execute("insert into t values (1)")
            assert rows(pair.replica_conninfo) == 0
            assert pair.replica.lag_bytes() > 0
            pair.replica.resume()
            pair.replica.wait_for()
            assert rows(pair.replica_conninfo) == 1
            pair.replica.delay(3600)
            primary.execute("insert into t values (2)")
            assert rows(pair.replica_conninfo) == 1
            pair.replica.delay(0)
            pair.replica.wait_for()
            assert rows(pair.replica_conninfo) == 2
            pair.replica.kill()
            assert not pair.replica.is_healthy()
            primary.execute("insert into t values (3)")
        pair.replica.start_again()
        pair.replica.wait_for()
        assert rows(pair.replica_conninfo) == 3
        assert _until(pair.replica.is_healthy)


def test_a_killed_primary_keeps_what_it_acknowledged() -> None:
    with running_pair(binaries_on_machine(18)) as pair:
        pair.execute("create table t (a int)")
        with psycopg.connect(pair.conninfo, autocommit=True) as connection:
            for number in range(50):
                connection.execute("insert into t values (%s)", [number])
            pair.primary.kill()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("insert into t values (-1)")
        pair.primary.start_again()
        assert rows(pair.conninfo) == 50
        pair.replica.wait_for()
        assert rows(pair.replica_conninfo) == 50


def test_a_replica_that_is_stopped_gives_its_slot_back() -> None:
    with running_pair(binaries_on_machine(18)) as pair:
        assert rows(pair.conninfo, "select count(*)::int from pg_replication_slots") == 1
        pair.replica.stop()
        assert rows(pair.conninfo, "select count(*)::int from pg_replication_slots") == 0


def test_a_pooler_shares_few_server_sessions_among_many_clients(pair: Pair) -> None:
    with start_pooler(pair.primary, {"default_pool_size": 2}) as pooler:
        clients = [psycopg.connect(pair.through(pooler), autocommit=True, prepare_threshold=None) for _ in range(20)]
        pids = {client.execute("select pg_backend_pid()").fetchall()[0][0] for client in clients}
        assert len(pids) <= 2
        for client in clients:
            client.close()


def test_a_pooler_knows_roles_by_their_secret_and_learns_new_ones(pair: Pair) -> None:
    with start_pooler(pair.primary) as pooler:
        users = (pooler.directory / "userlist.txt").read_text()
        assert pair.primary.password not in users
        pair.execute('create role "who is ""it""" login password $$a secret$$')
        pooler.refresh_users()
        own = pooler.conninfo(pair.name, 'who is "it"', "a secret")
        assert _until(lambda: _connects(own))
        assert not _connects(pooler.conninfo(pair.name, 'who is "it"', "a wrong one"))


def test_a_killed_pooler_comes_back_at_its_address(pair: Pair) -> None:
    with start_pooler(pair.primary) as pooler:
        conninfo = pair.through(pooler)
        assert rows(conninfo, "select 1") == 1
        pooler.kill()
        assert not pooler.is_healthy()
        assert not _connects(conninfo)
        pooler.start_again()
        assert rows(conninfo, "select 1") == 1


def test_what_a_pooler_can_is_known_from_its_version(shared_pooler: Pooler) -> None:
    number = tuple(int(part) for part in shared_pooler.version.split("."))
    assert shared_pooler.can_prepare == (number >= (1, 21))


@pytest.fixture
def preparing(shared_pooler: Pooler) -> Pooler:
    if not shared_pooler.can_prepare:
        pytest.skip(
            f"PgBouncer {shared_pooler.version} follows no prepared statements, 1.21 does: PGCLINIC_PGBOUNCER names one"
        )
    return shared_pooler


def test_prepared_statements_follow_their_clients_from_session_to_session(pair: Pair, preparing: Pooler) -> None:
    """More clients than sessions, all prepared by name: each transaction may be on another session."""
    with psycopg.connect(pair.conninfo, autocommit=True) as connection:
        connection.execute("create table t (a int)")

    def client(number: int) -> int:
        through = pair.through(preparing)
        with psycopg.connect(through, autocommit=True, prepare_threshold=0) as connection:
            for value in range(20):
                with connection.transaction():
                    connection.execute("insert into t values (%s)", [100 * number + value])
                    connection.execute("select count(*) from t where a / 100 = %s", [number])
            names = connection.execute("select count(*) from pg_prepared_statements").fetchall()
            return int(names[0][0])

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(client, range(16)))
    assert rows(pair.conninfo) == 16 * 20


def test_redis_is_bounded_and_comes_back_empty() -> None:
    with start_redis({"maxmemory": "8mb"}) as redis:
        with RedisClient.from_url(redis.url) as client:
            client.set("a", "b")
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "allkeys-lfu"}
            for number in range(200):
                client.set(f"key {number}", "x" * 100_000)
            assert client.info("memory")["used_memory"] < 9 << 20
        redis.kill()
        assert not redis.is_healthy()
        redis.start_again()
        with RedisClient.from_url(redis.url) as client:
            assert client.get("a") is None


def test_files_are_closed_to_others(pair: Pair, shared_pooler: Pooler, redis_store: Redis) -> None:
    for folder in (pair.primary.socket_directory, shared_pooler.directory, redis_store.directory):
        assert folder.stat().st_mode & 0o777 == 0o700
        for file in folder.iterdir():
            assert not file.stat().st_mode & 0o077 or file.name.startswith(("owner.lock", ".s.PGSQL.5432.lock"))


def test_a_wrong_setting_is_one_sentence(pair: Pair) -> None:
    with pytest.raises(InstanceError, match=r"PgBouncer .* did not start: .*pool_mode"):
        start_pooler(pair.primary, {"pool_mode": "nonsense"})
    with pytest.raises(InstanceError, match=r"Redis .* did not start: .*nonsense"):
        start_redis({"maxmemory-policy": "nonsense"})


_OWNER = """
import sys, time
from pgclinic.instance import binaries_for
from pgclinic.stack import *
primary = start_primary(binaries_for(18))
parts = [start_replica(primary), start_pooler(primary), start_redis()]
print(primary.socket_directory, parts[0].server.socket_directory, parts[1].directory, parts[2].directory, flush=True)
time.sleep(600)
"""


def test_all_parts_end_with_their_owner() -> None:
    process = subprocess.Popen([sys.executable, "-c", _OWNER], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    folders = [Path(word) for word in process.stdout.readline().split()]
    assert len(folders) == 4
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert _until(lambda: not any(folder.exists() for folder in folders))


def test_a_pooler_whose_watcher_was_killed_too_is_swept(pair: Pair) -> None:
    pooler = start_pooler(pair.primary)
    pid = pooler.process.pid
    assert pid is not None
    pooler.process._watcher.kill()
    pooler.process._watcher.wait()
    pooler.process._claim.lock.close()
    assert _until(lambda: bool(sweep()) or not pooler.directory.exists())
    assert not pooler.directory.exists()
    assert not _lives(pid)
    pooler.stop()


def _lives(pid: int) -> bool:
    """A zombie does not: whoever adopted it buries it in its own time."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _connects(conninfo: str) -> bool:
    try:
        psycopg.connect(conninfo, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True
