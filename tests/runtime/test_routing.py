"""Reads over a real primary and replica: they go where they may, and nobody misses their own write."""

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from functools import partial

import psycopg
import pytest
from psycopg_pool import ConnectionPool

import pgclinic_runtime.routing
from conftest import EACH, binaries_on_machine
from pgclinic.stack import Pooler
from pgclinic_runtime.routing import NotPrimaryError, Position, Router, Session
from routed import QUICK, async_routed, eventually, is_usable, routed
from stacking import Pair, running_pair

pytestmark = pytest.mark.server
KEY = b"sixteen bytes or more"


@pytest.fixture(scope="module")
def own_pair() -> Iterator[Pair]:
    """May be paused, but has to be resumed."""
    with running_pair(binaries_on_machine(18)) as pair:
        pair.execute("create table calls (id int primary key)")
        yield pair


@pytest.fixture
def router(own_pair: Pair) -> Iterator[Router]:
    own_pair.execute("truncate calls")
    with routed(own_pair.conninfo, own_pair.replica_conninfo) as router:
        yield router
    own_pair.replica.resume()
    own_pair.replica.wait_for()


def test_sync_and_async_have_the_same_names() -> None:
    assert [name for name in vars(Router) if not name.startswith("_")] == [
        "open", "close", "read", "reading", "write", "run", "perform", "fetch", "position", "session", "states",
        "current_session",
    ]  # fmt: skip
    names = [name for name in vars(pgclinic_runtime.routing.AsyncRouter) if not name.startswith("_")]
    assert names == [name for name in vars(Router) if not name.startswith("_")]


@pytest.mark.parametrize("major", EACH)
def test_reads_go_to_the_replica_and_own_writes_are_seen_at_once(major: int) -> None:
    with running_pair(binaries_on_machine(major)) as pair:
        pair.execute("create role application login password 'x'; create table calls (id int)")
        pair.execute("grant all on calls to application")
        conninfos = [each.conninfo(pair.name, "application", "x") for each in (pair.primary, pair.replica)]
        with routed(*conninfos) as router:
            with router.reading() as reading:
                assert reading.server == "replica"
                assert reading.age < 60
            for number in range(50):
                with router.write() as connection:
                    connection.execute("insert into calls values (%s)", [number])
                assert router.fetch("select count(*) from calls") == [(number + 1,)]


def test_while_the_replica_lags_only_who_wrote_reads_from_the_primary(own_pair: Pair, router: Router) -> None:
    own_pair.replica.pause()
    with router.session() as writer:
        with router.write() as connection:
            connection.execute("insert into calls values (1)")
        with router.reading() as reading:
            assert reading.server == "primary"
            assert reading.connection.execute("select id from calls").fetchall() == [(1,)]
        cookie = writer.cookie(KEY)
    with router.session(), router.reading() as reading:
        assert reading.server == "replica"
        assert reading.connection.execute("select id from calls").fetchall() == []
    with router.session(cookie, key=KEY):
        assert router.fetch("select id from calls") == [(1,)]
    with router.session("p1.forged", key=KEY) as stranger, router.reading() as reading:
        assert reading.server == "primary"
        assert stranger.token is not None
    own_pair.replica.resume()
    own_pair.replica.wait_for()
    with router.session(cookie, key=KEY):
        eventually(lambda: server_of(router) == "replica")


def server_of(router: Router) -> str:
    with router.reading() as reading:
        return reading.server


def test_without_a_session_all_threads_of_the_process_see_its_writes(own_pair: Pair, router: Router) -> None:
    own_pair.replica.pause()

    def write() -> None:
        with router.write() as connection:
            connection.execute("insert into calls values (7)")

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    assert router.fetch("select id from calls") == [(7,)]


def fail(connection: psycopg.Connection) -> None:
    connection.execute("insert into calls values (2)")
    raise ZeroDivisionError


def test_a_read_cannot_write_and_a_failed_write_leaves_nothing(router: Router) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), router.read() as connection:
        connection.execute("insert into calls values (1)")
    with pytest.raises(psycopg.errors.UniqueViolation), router.write() as connection:
        connection.execute("insert into calls values (1), (1)")
    with pytest.raises(ZeroDivisionError), router.write() as connection:
        fail(connection)
    assert router.fetch("select * from calls") == []


def test_a_commit_that_was_a_rollback_is_an_error(router: Router) -> None:
    failed = pytest.raises(psycopg.errors.InFailedSqlTransaction, match="rolled back")
    swallowed = contextlib.suppress(psycopg.errors.UniqueViolation)
    with failed, router.write() as connection, swallowed:
        connection.execute("insert into calls values (1), (1)")
    assert router.fetch("select * from calls") == []


def test_connections_come_back_as_they_were_lent(own_pair: Pair) -> None:
    with (
        ConnectionPool(own_pair.conninfo, min_size=1, max_size=1) as pool,
        Router(pool, transaction_pooler=True, bounds=QUICK) as router,
    ):
        router.fetch("select 1")
        with pool.connection() as connection:
            assert connection.autocommit is False
            assert connection.prepare_threshold == 5


def test_functions_that_connect_do_as_well_as_pools(own_pair: Pair) -> None:
    primary, replica = (partial(psycopg.connect, each) for each in (own_pair.conninfo, own_pair.replica_conninfo))
    with Router(primary, {"replica": replica}, bounds=QUICK) as router:
        eventually(lambda: is_usable(router))
        with router.write() as connection:
            connection.execute("create temporary table t ()")
        assert router.fetch("select 1") == [(1,)]


def test_a_replica_beyond_the_bound_drops_out_and_comes_back(own_pair: Pair) -> None:
    bounds = pgclinic_runtime.routing.Bounds(lag=0.4, check=0.1, answer=20, open=5)
    with routed(own_pair.conninfo, own_pair.replica_conninfo, bounds) as router:
        own_pair.replica.pause()
        try:

            def write_and_look() -> bool:
                with psycopg.connect(own_pair.conninfo) as connection:
                    connection.execute("select pg_logical_emit_message(true, 'a', 'b')")
                return not is_usable(router)

            eventually(write_and_look)
            with router.session():
                assert server_of(router) == "primary"
        finally:
            own_pair.replica.resume()
        eventually(lambda: is_usable(router))


def test_a_replica_whose_pool_is_all_lent_out_is_passed_over_and_not_left_alone(own_pair: Pair) -> None:
    bounds = pgclinic_runtime.routing.Bounds(lag=60, check=0.1, answer=60, open=0.3, back_off=600, longest_back_off=600)
    with (
        ConnectionPool(own_pair.conninfo, min_size=1, max_size=4, timeout=20) as first,
        ConnectionPool(own_pair.replica_conninfo, min_size=1, max_size=1, timeout=20) as second,
        Router(first, {"replica": second}, bounds=bounds) as router,
    ):
        eventually(lambda: is_usable(router))
        with router.read() as connection:
            assert connection.execute("select pg_is_in_recovery()").fetchall() == [(True,)]
            assert server_of(router) == "primary"
            time.sleep(0.5)  # a look finds no connection either
            assert is_usable(router)
        eventually(lambda: server_of(router) == "replica")


def test_a_token_of_another_cluster_or_a_later_timeline_is_no_reason_to_trust_a_replica(router: Router) -> None:
    here = router.position()
    with router.session() as session:
        session.wrote(Position(here.system ^ 1, 1, 1))
        assert server_of(router) == "primary"
    with router.session() as session:
        session.wrote(Position(here.system, 99, 1))
        with pytest.raises(NotPrimaryError, match="timeline 99 was written to"):
            server_of(router)


@pytest.mark.parametrize("prepares", [False, True])
def test_it_is_safe_through_a_transaction_pooler(pair: Pair, shared_pooler: Pooler, *, prepares: bool) -> None:
    if prepares and not shared_pooler.can_prepare:
        pytest.skip(f"PgBouncer {shared_pooler.version} follows no prepared statements, 1.21 does")
    pair.execute("create table calls (id int)")
    through = pair.through(shared_pooler)
    options = {"prepare_threshold": 0} if prepares else {}
    with routed(through, pair.replica_conninfo, transaction_pooler=not prepares, **options) as router:
        errors: list[BaseException] = []

        def client(client: int) -> None:
            try:
                with router.session():
                    for number in range(20):
                        with router.write() as connection:
                            connection.execute("insert into calls values (%s)", [client])
                        rows = router.fetch("select count(*) from calls where id = %s", [client])
                        assert rows == [(number + 1,)]
            except BaseException as error:
                errors.append(error)
                raise

        threads = [threading.Thread(target=client, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors


def test_tasks_have_sessions_of_their_own(own_pair: Pair) -> None:
    own_pair.execute("truncate calls")

    async def client(router: pgclinic_runtime.routing.AsyncRouter, first: int) -> None:
        with router.session() as session:
            for number in range(first, first + 10):
                async with router.write() as connection:
                    await connection.execute("insert into calls values (%s)", [number])
                assert await router.fetch("select 1 from calls where id = %s", [number]) == [(1,)]
            assert session.token is not None

    async def main() -> None:
        async with async_routed(own_pair) as router:
            await asyncio.gather(*(client(router, 100 * number) for number in range(5)))
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                async with router.read() as connection:
                    await connection.execute("insert into calls values (1)")
            assert router.current_session().token is None
            assert len(await router.fetch("select 1 from calls")) <= 50

    asyncio.run(main())


def test_reads_survive_the_death_of_the_replica_and_of_the_primary() -> None:
    with running_pair(binaries_on_machine(18)) as pair:
        pair.execute("create table calls (id int); insert into calls values (1)")
        with routed(pair.conninfo, pair.replica_conninfo) as router, router.session():
            pair.replica.kill()
            assert [router.fetch("select id from calls") for _ in range(20)] == [[(1,)]] * 20
            pair.replica.start_again()
            eventually(lambda: server_of(router) == "replica")
            pair.primary.kill()
            assert router.fetch("select id from calls") == [(1,)]
            with router.session(Session(router.current_session().token).cookie(KEY), key=KEY):
                assert router.fetch("select id from calls") == [(1,)]
            pair.primary.start_again()
            with router.write() as connection:
                connection.execute("insert into calls values (2)")
            assert router.fetch("select id from calls order by 1") == [(1,), (2,)]


def signal_all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # the backend that told them is among them
            os.kill(pid, number)


def test_a_replica_that_does_not_answer_is_hung_up_on() -> None:
    bounds = pgclinic_runtime.routing.Bounds(lag=60, check=0.1, answer=1, open=1, back_off=0.1, longest_back_off=0.5)
    with running_pair(binaries_on_machine(18)) as pair:
        pair.execute("create table calls (id int); insert into calls values (1)")
        with routed(pair.conninfo, pair.replica_conninfo, bounds) as router, router.session():
            with psycopg.connect(pair.replica_conninfo) as connection:
                backends = [
                    pid for (pid,) in connection.execute("select pid from pg_stat_activity where pid is not null")
                ]
                backends.append(pair.replica.server.process.pid)
            signal_all(backends, signal.SIGSTOP)
            try:
                assert router.fetch("select id from calls") == [(1,)]
            finally:
                signal_all(backends, signal.SIGCONT)
            eventually(lambda: is_usable(router))


def test_after_a_promotion_old_tokens_are_safe_and_the_old_primary_is_found_out() -> None:
    with running_pair(binaries_on_machine(18)) as pair:
        pair.execute("create table calls (id int)")
        with routed(pair.conninfo, pair.replica_conninfo) as router:
            with router.session():
                with router.write() as connection:
                    connection.execute("insert into calls values (1)")
                old = router.current_session().token
                assert old is not None
            pair.replica.wait_for()
            with psycopg.connect(pair.replica_conninfo, autocommit=True) as connection:
                connection.execute("select pg_promote()")
            with psycopg.connect(pair.replica_conninfo, autocommit=True) as connection:
                eventually(lambda: connection.execute("select not pg_is_in_recovery()").fetchall() == [(True,)])
            with Router(partial(psycopg.connect, pair.replica_conninfo), bounds=QUICK) as after:
                with after.session(Session(old).cookie(KEY), key=KEY):
                    assert after.fetch("select id from calls") == [(1,)]
                    with after.write() as connection:
                        connection.execute("insert into calls values (2)")
                    new = after.current_session().token
                assert new is not None
                assert new.timeline == old.timeline + 1
            with router.session(Session(new).cookie(KEY), key=KEY), pytest.raises(NotPrimaryError), router.read():
                pass  # the old primary still runs, and has not seen the write
