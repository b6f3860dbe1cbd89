from collections.abc import Callable
from typing import Any

import pytest

from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.postgres.watching import texts_of
from pgclinic.verbs.driving import drive
from pgclinic.watch.looks import CENSUS, COUNTERS
from pgclinic.watch.sampler import sample

pytestmark = pytest.mark.server
EACH = (15, 17, 18)


@pytest.mark.parametrize("major", EACH)
def test_two_looks_tell_what_was_done_in_between(database_on: Callable[[int], Any], major: int) -> None:
    database = database_on(major)
    database.execute("create extension pg_stat_statements")
    database.execute("create table orders (id int primary key, note text)")
    database.execute("insert into orders select n, 'x' from generate_series(1, 100) n")
    with open_session(database.conninfo) as session, database.connect() as other:
        before = drive(collect(session, only=COUNTERS | CENSUS))
        for number in range(40):
            other.execute("select note from orders where id = %s", [number], prepare=False)
        other.execute("insert into orders select n, 'y' from generate_series(101, 110) n")
        other.execute("alter role current_user set work_mem = '4MB'")
        other.execute("alter role current_user reset work_mem")
        other.execute("select pg_stat_force_next_flush()") if major > 14 else None
        other.execute("select 1")
        other.execute("begin")
        other.execute("select count(*) from orders")
        after = drive(collect(session, only=COUNTERS | CENSUS))
        texts = texts_of(session, {each.queryid for each in after.statements})
    own = {each.queryid for each in texts if each.is_own}
    made = sample("shop", before, after, census=before, own=own)
    assert made.gap == ""
    (orders,) = made.tables
    assert (orders.inserted, orders.idx_scan) == (10, 40)
    assert orders.bytes
    assert [(each.object.name, each.scans) for each in made.indexes] == [("orders_pkey", 40)]
    said = {each.queryid: each for each in texts}
    gained = {said[each.queryid].text: each.calls for each in made.statements}
    assert gained["select note from orders where id = $1"] == 40
    assert not any("pgclinic" in text or "work_mem" in text for text in gained)
    figures = {each.name: each.value for each in made.observations}
    assert figures["idle_in_transaction"] == 1
    assert figures["calls_per_s"] > 0
    assert figures["p95_ms"] > 0
    assert figures["database_bytes"] > 1_000_000
    assert 0 < figures["connections_used"] < 1


def test_without_pg_stat_statements_the_rest_is_told(database_on: Callable[[int], Any]) -> None:
    database = database_on(18)
    with open_session(database.conninfo) as session:
        before = drive(collect(session, only=COUNTERS))
        after = drive(collect(session, only=COUNTERS))
        assert texts_of(session, {"1"}) == ()
    figures = {each.name for each in sample("shop", before, after).observations}
    assert "calls_per_s" not in figures
    assert {"transactions_per_s", "connections", "freeze_age"} <= figures
