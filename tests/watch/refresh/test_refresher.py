"""Refreshing beside the watch: two watchers, one of which ends."""

import time
from collections.abc import Callable

import pytest

from alerting import sample
from conftest import Database
from pgclinic.watch.refresh.refresher import Refresher
from pgclinic.watch.refresh.settings import Refreshing

pytestmark = pytest.mark.server

AT_ONCE = Refreshing(every=0, changed=0.0)


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def shop(database: Database) -> Database:
    database.execute("create table orders (n int); create materialized view sums as select sum(n) as n from orders")
    return database


def refreshes(database: Database) -> int:
    if database.execute("select to_regclass('pgclinic.view_refresh') is null") == [(True,)]:
        return 0
    return sum(count for (count,) in database.execute("select refreshes from pgclinic.view_refresh"))


def test_two_watchers_keep_a_view_fresh_and_one_goes_on_alone(shop: Database) -> None:
    said: list[str] = []
    one, two = (Refresher({"shop": shop.conninfo}, AT_ONCE, say=said.append, turn_seconds=0.1) for _ in range(2))
    try:
        until(lambda: refreshes(shop) == 1)
        shop.execute("insert into orders values (5)")
        until(lambda: shop.execute("select n from sums") == [(5,)])
        one.close()
        shop.execute("insert into orders values (6)")
        until(lambda: shop.execute("select n from sums") == [(11,)])
    finally:
        one.close()
        two.close()
    assert sum(each.counts["shop", "refreshed"] for each in (one, two)) == refreshes(shop)
    assert said == []


def test_a_failure_is_said_once_and_its_end_too(shop: Database) -> None:
    said: list[str] = []
    shop.execute(
        "create view broken as select 1/0 as n; create materialized view bad as select n from broken with no data"
    )
    watch = Refresher({"shop": shop.conninfo}, AT_ONCE, say=said.append, turn_seconds=0.05)
    try:
        until(lambda: watch.counts["shop", "resting"] > 2)
        shop.execute("create or replace view broken as select 1 as n")
        shop.execute("update pgclinic.view_refresh set failed_at = '-infinity'")
        until(lambda: len(said) > 1)
    finally:
        watch.close()
    assert said == [
        "shop: public.bad could not be refreshed: division by zero.",
        "shop: public.bad is kept up again.",
    ]


def test_what_the_end_breaks_off_is_no_failure(shop: Database) -> None:
    said: list[str] = []
    shop.execute("create view slow as select pg_sleep(600)::text as n")
    shop.execute("create materialized view late as select n from slow with no data")
    running = "select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"
    watch = Refresher({"shop": shop.conninfo}, AT_ONCE, say=said.append, turn_seconds=0.05)
    try:
        until(lambda: shop.execute(running))
    finally:
        watch.close()
    assert said == []
    assert watch.counts["shop", "broken off"] == 1
    assert shop.execute("select failures from pgclinic.view_refresh where view_name = 'late'") == []


def test_a_server_that_cannot_be_reached_is_left_alone() -> None:
    said: list[str] = []
    watch = Refresher({"shop": "host=/nowhere dbname=x"}, AT_ONCE, say=said.append, turn_seconds=0.05)
    try:
        until(lambda: said)
        watch.heard(sample(0, gap="unreachable"))
    finally:
        watch.close()
    assert len(said) == 1
    assert said[0].startswith("shop: nothing is refreshed: Cannot connect")
