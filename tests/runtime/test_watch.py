"""Caches learn of changed tables from a logical slot, or from triggers that notify."""

import asyncio
import itertools
import os
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import psycopg
import pytest
from psycopg import sql

from conftest import EACH, binaries_on_machine
from pgclinic_runtime.cache import (
    AsyncCache,
    AsyncNotifyWatch,
    AsyncTableWatch,
    Cache,
    NotifyWatch,
    TableWatch,
    notify_recipe,
    polling_recipe,
)
from pgclinic_runtime.cache import watch as polling
from pgclinic_runtime.cache.slot import ADVANCE, Changes
from pgclinic_runtime.routing import Router
from routed import QUICK, async_routed, eventually
from stacking import Pair, database_of, running_pair

pytestmark = pytest.mark.server
TABLES = """
    create schema app;
    create table calls (id int, note text default 'table public.leads: INSERT: x');
    create table leads (id int);
    create table "we. ird"": x" (id int);
    create table app.events (day int, id int) partition by range (day);
    create table app.events_1 partition of app.events for values from (0) to (10);
"""


@pytest.fixture(scope="module")
def own_pair() -> Iterator[Pair]:
    with running_pair(binaries_on_machine(18)) as pair:
        pair.execute(TABLES)
        yield pair


@pytest.fixture
def cache(own_pair: Pair) -> Iterator[Cache]:
    with Router(partial(psycopg.connect, own_pair.conninfo), bounds=QUICK) as router:
        yield Cache(router)


@pytest.fixture
def slot(own_pair: Pair) -> Iterator[str]:
    name = f"slot_{os.urandom(4).hex()}"
    yield name
    drop = "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = %s"
    with psycopg.connect(own_pair.conninfo, autocommit=True) as connection:
        connection.execute(drop, [name])


def drained(watch: TableWatch) -> set[str]:
    """All tables that it sees until it sees nothing any more."""
    tables: set[str] = set()
    while (changes := watch.poll()) != Changes():
        assert not changes.everything
        tables.update(changes.tables)
    return tables


@pytest.mark.parametrize("major", EACH)
def test_it_tells_which_tables_changed_whatever_they_are_called(major: int) -> None:
    with running_pair(binaries_on_machine(major)) as pair, Router(partial(psycopg.connect, pair.conninfo)) as router:
        pair.execute(TABLES)
        watch = TableWatch(Cache(router), "tables")
        assert watch.poll() == Changes(everything=True), "a new slot does not know what was before"
        assert drained(watch) == set()
        for statement, tables in {
            "insert into calls values (1), (2)": {"public.calls"},
            "update calls set id = 3; delete from leads": {"public.calls"},
            'insert into "we. ird"": x" values (1)': {'public."we. ird"": x"'},
            "insert into app.events values (1, 1)": {"app.events", "app.events_1"},
            'truncate leads, "we. ird"": x"': {"public.leads", 'public."we. ird"": x"'},
            "create table other (id int)": set(),
            "begin; insert into leads values (1); rollback": set(),
            "select 1": set(),
        }.items():
            pair.execute(statement)
            assert drained(watch) == tables, statement


def test_values_that_depend_on_a_changed_table_are_misses(own_pair: Pair, cache: Cache, slot: str) -> None:
    loads: list[int] = []

    def get(table: str) -> int:
        def load(connection: psycopg.Connection[Any]) -> int:
            loads.append(1)
            [(count,)] = connection.execute(
                sql.SQL("select count(*) from {}").format(sql.Identifier(*table.split(".")))
            ).fetchall()
            return int(count)

        return cache.get(table, load, ttl=3600, tables=[table])

    watch = TableWatch(cache, slot, every=0.05)
    assert watch.poll().everything  # the first look makes all invalid, whenever it comes: here before the values
    with watch:
        before, others = get("public.calls"), get("public.leads")
        own_pair.execute("insert into calls values (1)")
        eventually(lambda: get("public.calls") == before + 1)
        seen = len(loads)
        assert get("public.leads") == others
        assert len(loads) == seen


def test_a_slot_that_is_gone_lost_or_too_large_makes_everything_invalid(
    own_pair: Pair, cache: Cache, slot: str
) -> None:
    watch = TableWatch(cache, slot, most_bytes=10_000_000)
    assert watch.poll().everything
    assert watch.poll() == Changes()
    with psycopg.connect(own_pair.conninfo, autocommit=True) as connection:
        connection.execute("select pg_drop_replication_slot(%s)", [slot])
        assert watch.poll().everything
        connection.execute("insert into leads select generate_series(1, 200000)")
        assert watch.poll().everything
        assert watch.poll() == Changes()


def test_a_change_that_was_looked_at_but_not_made_invalid_is_seen_again(
    own_pair: Pair, cache: Cache, slot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = TableWatch(cache, slot)
    watch.poll()
    own_pair.execute("insert into calls values (1)")

    def fail(*_: str) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(cache, "invalidate_tables", fail)
        with pytest.raises(ZeroDivisionError):
            watch.poll()
    assert drained(watch) == {"public.calls"}


def test_a_commit_that_is_decoded_but_not_visible_yet_is_waited_for() -> None:
    """With synchronous replication that lasts: here until the replica that is waited for does not matter any more."""
    with running_pair(binaries_on_machine(18)) as pair, Router(partial(psycopg.connect, pair.conninfo)) as router:
        pair.execute("create table calls (id int)")
        watch = TableWatch(Cache(router), "tables")
        assert watch.poll().everything
        with psycopg.connect(pair.conninfo, autocommit=True) as connection:
            connection.execute("alter system set synchronous_standby_names = 'nobody'")
            connection.execute("select pg_reload_conf()")
            eventually(lambda: connection.execute("show synchronous_standby_names").fetchall() == [("nobody",)])
            writer = threading.Thread(target=pair.execute, args=["insert into calls values (1)"])
            writer.start()
            eventually(lambda: watch.poll() == Changes(has_more=True))
            assert connection.execute("select count(*) from calls").fetchall() == [(0,)]
            connection.execute("alter system reset synchronous_standby_names")
            connection.execute("select pg_reload_conf()")
            writer.join()
        assert drained(watch) == {"public.calls"}


def test_a_value_that_was_read_before_a_commit_became_visible_is_a_miss_for_its_writer() -> None:
    """Its commit record lies before the LSN at which the value was read, although the value does not have it."""
    with running_pair(binaries_on_machine(18)) as pair, Router(partial(psycopg.connect, pair.conninfo)) as router:
        pair.execute("create table calls (id int)")
        cache = Cache(router)

        def load(connection: psycopg.Connection[Any]) -> int:
            return len(connection.execute("select from calls").fetchall())

        def write_and_read() -> None:
            with router.session():
                with router.write() as connection:
                    connection.execute("insert into calls values (1)")
                seen.append(cache.get("count", load, ttl=3600))

        seen: list[int] = []
        with psycopg.connect(pair.conninfo, autocommit=True) as connection:
            connection.execute("alter system set synchronous_standby_names = 'nobody'")
            connection.execute("select pg_reload_conf()")
            eventually(lambda: connection.execute("show synchronous_standby_names").fetchall() == [("nobody",)])
            writer = threading.Thread(target=write_and_read)
            writer.start()
            waiting = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'"
            eventually(lambda: connection.execute(waiting).fetchall() == [(1,)])
            with router.session():
                assert cache.get("count", load, ttl=3600) == 0
            connection.execute("alter system reset synchronous_standby_names")
            connection.execute("select pg_reload_conf()")
            writer.join()
        assert seen == [1]


def test_a_poller_that_another_has_overtaken_is_content(
    own_pair: Pair, cache: Cache, slot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = TableWatch(cache, slot)
    watch.poll()
    own_pair.execute("insert into calls values (1)")
    rows = polling._rows

    def overtaken(connection: Any, statement: Any, parameters: Any) -> Any:
        if statement == ADVANCE:
            own_pair.execute("insert into calls values (2)")
            own_pair.execute(f"select pg_replication_slot_advance('{slot}', pg_current_wal_lsn())")
        return rows(connection, statement, parameters)

    monkeypatch.setattr(polling, "_rows", overtaken)
    loads = itertools.count()
    with cache.router.session():
        assert cache.get("count", lambda _: next(loads), ttl=3600, tables=["calls"]) == 0
        assert watch.poll() == Changes()
        assert cache.get("count", lambda _: next(loads), ttl=3600, tables=["calls"]) == 1


def test_two_pollers_of_one_slot_do_not_disturb_each_other(own_pair: Pair, cache: Cache, slot: str) -> None:
    watch = TableWatch(cache, slot)
    watch.poll()
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(20):
                watch.poll()
        except BaseException as error:
            errors.append(error)
            raise

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        own_pair.execute("insert into calls values (1)")
    for thread in threads:
        thread.join()
    assert not errors


def test_recipes_do_and_undo(own_pair: Pair, slot: str) -> None:
    state = """
        select slot_name::text from pg_replication_slots where slot_type = 'logical' union all
        select tgname || tgrelid::regclass from pg_trigger union all
        select proname from pg_proc where pronamespace = 'public'::regnamespace order by 1
    """
    tables = [("public", "calls"), ("public", 'we. ird": x')]
    with psycopg.connect(own_pair.conninfo, autocommit=True) as connection:
        before = connection.execute(state).fetchall()
        for recipe in (polling_recipe(slot), notify_recipe(tables)):
            for statement in recipe.do:
                connection.execute(statement.encode())
            assert connection.execute(state).fetchall() != before
            for statement in recipe.undo:
                connection.execute(statement.encode())
            assert connection.execute(state).fetchall() == before


@pytest.fixture
def notifying(own_pair: Pair) -> Iterator[Pair]:
    with database_of(own_pair.primary, own_pair.replica) as pair:
        pair.execute(TABLES)
        for statement in notify_recipe([("public", "calls"), ("public", 'we. ird": x')]).do:
            pair.execute(statement)
        yield pair


def test_triggers_notify_and_a_lost_connection_makes_everything_invalid(notifying: Pair) -> None:
    with Router(partial(psycopg.connect, notifying.conninfo), bounds=QUICK) as router:
        cache = Cache(router)
        loads: list[int] = []

        def load(_: object) -> int:
            loads.append(1)
            return len(loads)

        def get(table: str = 'public."we. ird"": x"') -> int:
            return cache.get("k", load, ttl=3600, tables=[table])

        connect = partial(psycopg.connect, notifying.conninfo, application_name="listener")
        with NotifyWatch(cache, connect, every=0.1):
            first = get()
            eventually(lambda: get() > first)  # it began to listen
            before = get()
            notifying.execute('insert into "we. ird"": x" values (1)')
            eventually(lambda: get() > before)
            notifying.execute("insert into leads values (1)")
            before = get()
            end = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'listener'"
            notifying.execute(end)
            eventually(lambda: get() > before)


def test_tasks_watch_too(notifying: Pair) -> None:
    async def changes(cache: AsyncCache) -> None:
        async def load(_: object) -> int:
            loads.append(1)
            return len(loads)

        async def get_until_above(number: int) -> int:
            while (value := await cache.get("k", load, ttl=3600, tables=["calls"])) <= number:  # noqa: ASYNC110 - polled as by a user
                await asyncio.sleep(0.02)
            return value

        loads: list[int] = []
        begun = await get_until_above(1)  # once it watches
        notifying.execute("insert into calls values (1)")
        await get_until_above(begun)

    async def main() -> None:
        async with asyncio.timeout(60), async_routed(notifying) as router:
            connect = partial(psycopg.AsyncConnection.connect, notifying.conninfo)
            cache = AsyncCache(router)
            async with AsyncTableWatch(cache, "tasks", every=0.05):
                await changes(cache)
            cache = AsyncCache(router)
            async with AsyncNotifyWatch(cache, connect):
                await changes(cache)

    asyncio.run(main())
