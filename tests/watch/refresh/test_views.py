"""Materialized views kept fresh on real servers: when due, quietly where possible, one watcher at a time."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from conftest import Database
from pgclinic.postgres.journal import Journal
from pgclinic.postgres.journal_file import JournalFile
from pgclinic.watch.refresh.settings import Refreshing
from pgclinic.watch.refresh.work import install, opened, refresh_views

pytestmark = pytest.mark.server

AT_ONCE = Refreshing(every=0, changed=0.0, timeout=60, lock_timeout=0.2)
"""Whatever changed is refreshed at the next turn."""


@pytest.fixture(params=[15, 18])
def shop(request: pytest.FixtureRequest, database_on: Callable[[int], Database]) -> Database:
    """A database with a table, a view of its sums, and what refreshes it."""
    database = database_on(request.param)
    database.execute("create table orders (day int not null, amount int not null)")
    database.execute("insert into orders select n % 10, n from generate_series(1, 1000) as n; analyze orders")
    database.execute("create materialized view sums as select day, sum(amount) as amount from orders group by day")
    with opened(database.conninfo, AT_ONCE) as session:
        install(session)
        assert turn(database) == {"public.sums": "refreshed"}
    return database


def turn(database: Database, settings: Refreshing = AT_ONCE) -> dict[str, str]:
    with opened(database.conninfo, settings) as session:
        return {each.object.path: each.what for each in refresh_views(session, settings)}


def state(database: Database, column: str) -> object:
    ((value,),) = database.execute(f"select {column} from pgclinic.view_refresh where view_name = 'sums'")
    return value


def change(database: Database, rows: int = 1) -> None:
    """Write, and wait until the server's counters say so."""
    with database.connect() as connection:
        ((before,),) = connection.execute("select changes from pgclinic.below_view('sums'::regclass)").fetchall()
        connection.execute("insert into orders select 1, 1 from generate_series(1, %s)", [rows])
    until(lambda: database.execute("select changes from pgclinic.below_view('sums'::regclass)") != [(before,)])


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_is_refreshed_when_something_changed_and_only_then(shop: Database) -> None:
    assert turn(shop) == {"public.sums": "not due"}
    change(shop)
    assert turn(shop) == {"public.sums": "refreshed"}
    assert shop.execute("select sum(amount) from sums") == shop.execute("select sum(amount) from orders")
    assert turn(shop) == {"public.sums": "not due"}
    assert state(shop, "refreshes") == 2


def test_a_schedule_holds_back_what_changed_a_little_but_not_much(shop: Database) -> None:
    hourly = Refreshing(every=3_600, changed=0.5)
    shop.execute("update pgclinic.view_refresh set refreshed_at = now() - interval '10 minutes'")
    change(shop, 10)
    assert turn(shop, hourly) == {"public.sums": "not due"}
    change(shop, 600)
    assert turn(shop, hourly) == {"public.sums": "refreshed"}
    change(shop, 10)
    shop.execute("update pgclinic.view_refresh set refreshed_at = now() - interval '61 minutes'")
    assert turn(shop, hourly) == {"public.sums": "refreshed"}


def test_a_view_that_takes_long_is_not_refreshed_all_the_time(shop: Database) -> None:
    change(shop, 900)
    shop.execute("update pgclinic.view_refresh set took = interval '1 minute', refreshed_at = now() - interval '5 min'")
    assert turn(shop, Refreshing(every=3_600, changed=0.1)) == {"public.sums": "not due"}


def test_truncate_is_a_change_too(shop: Database) -> None:
    shop.execute("truncate orders")
    assert turn(shop) == {"public.sums": "refreshed"}
    assert shop.execute("select count(*) from sums") == [(0,)]


def test_with_a_unique_index_readers_do_not_wait_and_without_one_nobody_is_kept_for_long(shop: Database) -> None:
    with shop.connect() as reader:
        reader.execute("begin")
        reader.execute("select * from sums")
        change(shop)
        assert turn(shop) == {"public.sums": "failed"}
        assert "lock timeout" in str(state(shop, "error"))
        shop.execute("update pgclinic.view_refresh set failures = 0")
        reader.execute("rollback")
        reader.execute("create unique index on sums ((day + 0)); create unique index on sums (day) where day > 0")
        reader.execute("begin; select * from sums")
        assert turn(shop) == {"public.sums": "failed"}
        shop.execute("update pgclinic.view_refresh set failures = 0")
        reader.execute("rollback")
        reader.execute("create unique index on sums (day)")
        reader.execute("begin; select * from sums")
        assert turn(shop) == {"public.sums": "refreshed"}


def test_a_view_that_was_never_filled_is_filled(shop: Database) -> None:
    shop.execute("create materialized view empty as select day from orders group by day with no data")
    shop.execute("create unique index on empty (day)")
    assert turn(shop)["public.empty"] == "refreshed"
    assert shop.execute("select count(*) from empty") == [(10,)]


def test_failures_are_paused_after_longer_and_longer_and_end_with_a_success(shop: Database) -> None:
    shop.execute("alter table orders rename to kept; create view orders as select day, 1/0 as amount from kept")
    shop.execute("drop materialized view sums; delete from pgclinic.view_refresh")
    shop.execute("create materialized view sums as select day, amount from orders with no data")
    assert turn(shop) == {"public.sums": "failed"}
    assert turn(shop) == {"public.sums": "resting"}
    shop.execute("update pgclinic.view_refresh set failed_at = now() - interval '61 seconds'")
    assert turn(shop) == {"public.sums": "failed"}
    shop.execute("update pgclinic.view_refresh set failed_at = now() - interval '61 seconds'")
    assert turn(shop) == {"public.sums": "resting"}
    shop.execute("create or replace view orders as select day, 1 as amount from kept")
    shop.execute("update pgclinic.view_refresh set failed_at = now() - interval '121 seconds'")
    assert turn(shop) == {"public.sums": "refreshed"}
    assert (state(shop, "failures"), state(shop, "error")) == (0, "")


def test_one_that_takes_too_long_is_broken_off_and_the_old_rows_stay(shop: Database) -> None:
    shop.execute("create function nap() returns int language sql as 'select 1 from pg_sleep(30)'")
    shop.execute("create materialized view slow as select nap() with no data")
    came = turn(shop, Refreshing(every=0, changed=0.0, timeout=0.3))
    assert came["public.slow"] == "failed"


@pytest.fixture
def napping(shop: Database) -> Database:
    """The view takes as long as a lock of ours is held."""
    shop.execute("create function nap() returns int language sql as 'select 1 from pg_advisory_xact_lock_shared(7)'")
    shop.execute("drop materialized view sums; delete from pgclinic.view_refresh")
    shop.execute("create materialized view sums as select day, nap() from orders with no data")
    return shop


@pytest.fixture
def held(napping: Database) -> Iterator[psycopg.Connection]:
    with napping.connect() as holder:
        holder.execute("select pg_advisory_lock(7)")
        yield holder


PATIENT = Refreshing(every=0, changed=0.0, timeout=60, lock_timeout=0)


def begin(database: Database, came: list[dict[str, str]]) -> threading.Thread:
    def work() -> None:
        try:
            came.append(turn(database, PATIENT))
        except psycopg.Error as error:
            came.append({"error": type(error).__name__})

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def refreshing(database: Database) -> list[int]:
    rows = database.execute(
        "select pid from pg_stat_activity where datname = current_database() and wait_event = 'advisory'"
        " and query like '%refresh_view%' and pid <> pg_backend_pid()"
    )
    return [pid for (pid,) in rows]


def test_two_watchers_never_refresh_the_same_view_at_once(napping: Database, held: psycopg.Connection) -> None:
    came: list[dict[str, str]] = []
    first = begin(napping, came)
    until(lambda: refreshing(napping))
    assert turn(napping, PATIENT) == {"public.sums": "busy"}
    held.execute("select pg_advisory_unlock(7)")
    first.join()
    assert came == [{"public.sums": "refreshed"}]
    assert state(napping, "refreshes") == 1


def test_after_one_is_killed_another_goes_on(napping: Database, held: psycopg.Connection) -> None:
    came: list[dict[str, str]] = []
    first = begin(napping, came)
    until(lambda: refreshing(napping))
    napping.execute("select pg_terminate_backend(%s)", [refreshing(napping)[0]])
    first.join()
    assert came == [{"error": "AdminShutdown"}]
    held.execute("select pg_advisory_unlock(7)")
    assert turn(napping, PATIENT) == {"public.sums": "refreshed"}


def test_what_lies_below_a_view_is_found_through_views_and_partitions(shop: Database) -> None:
    shop.execute("create table parts (n int) partition by range (n)")
    shop.execute("create table parts_1 partition of parts for values from (0) to (10)")
    shop.execute("create view above as select n from parts")
    shop.execute("create materialized view deep as select count(*) as n from above")
    shop.execute("create materialized view deeper as select n from deep")
    assert turn(shop) == {"public.sums": "not due", "public.deep": "refreshed", "public.deeper": "refreshed"}
    before = shop.execute("select changes from pgclinic.below_view('deep'::regclass)")
    shop.execute("insert into parts values (1)")
    until(lambda: shop.execute("select changes from pgclinic.below_view('deep'::regclass)") != before)
    assert turn(shop)["public.deep"] == "refreshed"
    assert shop.execute("select n from deep") == [(1,)]


def test_hostile_names_are_names(shop: Database) -> None:
    shop.execute("""create schema "a.b'c"; create materialized view "a.b'c"."x""; drop table orders; --" as select 1""")
    came = turn(shop, Refreshing(views=("a.b*",), every=0))
    assert came == {"""a.b'c.x"; drop table orders; --""": "refreshed"}
    assert shop.execute("select count(*) > 0 from orders") == [(True,)]


def test_only_the_views_that_the_file_names_are_refreshed(shop: Database) -> None:
    shop.execute("create materialized view other as select 1")
    own = Refreshing(every=0, changed=0.0)
    assert turn(shop, Refreshing(views=("public.o*",), overrides={"public.sums": own})) == {
        "public.sums": "not due",
        "public.other": "refreshed",
    }
    assert turn(shop, Refreshing(views=("nothing.*",))) == {}


def test_treatments_share_the_schema(shop: Database, tmp_path: Path) -> None:
    with shop.connect() as connection:
        journal = Journal(connection, JournalFile.open("1", 1, tmp_path))
        journal.make()
        journal.purge()
    assert turn(shop) == {"public.sums": "not due"}
