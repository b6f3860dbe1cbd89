"""A real server that is killed, started again and reset while it is watched: what was seen, and what was lost."""

from pathlib import Path

import psycopg
import pytest

from pgclinic.instance import Instance, find_binaries, start
from pgclinic.watch.clock import SystemClock
from pgclinic.watch.history import History
from pgclinic.watch.keeper import Keeper
from pgclinic.watch.source import ServerSource
from pgclinic.watch.watcher import Watcher

pytestmark = pytest.mark.server


def work(instance: Instance, times: int) -> None:
    """An application that inserts, and then tells the server to count it (14 and older count soon by themselves)."""
    with psycopg.connect(instance.conninfo(), autocommit=True) as session:
        for number in range(times):
            session.execute("insert into orders values (%s)", [number], prepare=False)


def test_sums_are_those_of_what_was_counted_and_every_gap_has_its_name(tmp_path: Path) -> None:
    # A commit waits for its record: the tests' servers would lose the last moments to a kill, the table among them.
    settings = {"shared_preload_libraries": "pg_stat_statements", "synchronous_commit": "on"}
    history = History(str(tmp_path / "history.sqlite"))
    with start(find_binaries()[0], settings=settings) as instance:
        with psycopg.connect(instance.conninfo(), autocommit=True) as session:
            session.execute("create extension pg_stat_statements")
            session.execute("create table orders (id int)")
        clock = SystemClock()
        keeper = Keeper(history, clock)
        watcher = Watcher("shop", ServerSource(instance.conninfo()), clock)

        def look() -> str:
            sighting = watcher.look()
            keeper.put(sighting)
            keeper.flush()
            return sighting.sample.gap

        assert look() == "first"
        work(instance, 10)
        assert look() == ""
        work(instance, 7)  # seen by nobody: the crash takes the counters along
        instance.kill()
        assert look() == "unreachable"
        instance.start_again()
        work(instance, 20)
        assert look() == "restarted"
        with psycopg.connect(instance.conninfo(), autocommit=True) as session:
            session.execute("select pg_stat_reset()")
            session.execute("select pg_stat_statements_reset()")
        work(instance, 30)
        assert look() == "reset"
        work(instance, 5)
        assert look() == ""
        keeper.close()
        watcher.close()
    inserts = sum(each.gained.calls for each in history.statements("shop") if each.text.startswith("insert"))
    assert inserts == 10 + 20 + 30 + 5
    assert [each.inserted for each in history.tables("shop")] == [10 + 20 + 30 + 5]
    assert [each.gap for each in history.samples("shop")] == ["first", "", "unreachable", "restarted", "reset", ""]
    history.close()
