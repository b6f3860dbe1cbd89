import sqlite3
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pgclinic.model.watching import Sample
from pgclinic.watch import upkeep
from pgclinic.watch.history import History
from pgclinic.watch.keeper import Keeper
from pgclinic.watch.loop import Loop
from pgclinic.watch.watcher import Watcher
from watching import Events, Inline, SimulatedClock, SimulatedServer, is_running_through


class Ear:
    def __init__(self, *, fails: bool = False) -> None:
        self.samples: list[Sample] = []
        self.fails = fails

    def heard(self, sample: Sample) -> None:
        self.samples.append(sample)
        if self.fails:
            raise ValueError("no ear for it")


def watched(
    history: History,
    clock: SimulatedClock,
    servers: dict[str, SimulatedServer],
    *,
    seconds: float,
    listeners: tuple[Ear, ...] = (),
    most_waiting: int = 32 << 20,
) -> Keeper:
    keeper = Keeper(history, clock, most_waiting=most_waiting)
    watchers = [Watcher(name, server, clock) for name, server in servers.items()]
    with Loop(watchers, keeper, clock, listeners=listeners, executor=Inline) as loop:
        loop.run(seconds)
    return keeper


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(str(tmp_path / "history.sqlite"), wait_seconds=0.01)


def totals(history: History, target: str) -> tuple[Counter[str], Counter[int]]:
    calls = {each.gained.queryid: each.gained.calls for each in history.statements(target)}
    inserts = {each.relation: each.inserted for each in history.tables(target)}
    return Counter(calls), Counter(inserts)


def test_every_target_is_looked_at_in_its_interval_and_heard(history: History) -> None:
    clock, ear = SimulatedClock(), Ear()
    servers = {f"t{number}": SimulatedServer(clock, seed=number, statements=2) for number in range(10)}
    keeper = watched(history, clock, servers, seconds=600, listeners=(ear,))
    assert Counter(sample.target for sample in ear.samples) == dict.fromkeys(servers, 20)
    assert (keeper.written, keeper.dropped) == (200, 0)
    assert all(len(history.samples(name)) == 20 for name in servers)
    assert history.targets()[0].system_identifier == "7"


def test_a_listener_that_fails_stops_nothing(history: History) -> None:
    clock, ear = SimulatedClock(), Ear()
    watched(history, clock, {"t": SimulatedServer(clock)}, seconds=300, listeners=(Ear(fails=True), ear))
    assert len(ear.samples) == 10


def test_texts_are_kept_once_and_come_with_the_totals(history: History) -> None:
    clock = SimulatedClock()
    server = SimulatedServer(clock, statements=3)
    watched(history, clock, {"t": server}, seconds=300)
    assert {each.text for each in history.statements("t")} == {"select 1000", "select 1001", "select 1002"}


def test_a_server_that_does_not_answer_is_tried_less_often_and_nothing_is_lost(history: History) -> None:
    clock = SimulatedClock()
    server = SimulatedServer(clock)
    Events(clock, [(300, lambda: setattr(server, "is_up", False)), (1500, lambda: setattr(server, "is_up", True))])
    watched(history, clock, {"t": server}, seconds=3000)
    samples = history.samples("t")
    down = [each for each in samples if each.gap == "unreachable"]
    assert 8 < len(down) < 20
    assert down[0].reason.startswith("Cannot connect")
    assert next(each.gap for each in samples if each.at > down[-1].at) == "missed"
    calls, _ = totals(history, "t")
    first = Counter({queryid: server.true_calls[queryid] - calls[queryid] for queryid in calls})
    assert max(first.values()) <= 30  # what was counted before the first look
    assert is_running_through([(each.at, each.gap, each.seconds) for each in samples], 31) == []


def test_a_locked_store_stops_nothing_and_loses_nothing(history: History, tmp_path: Path) -> None:
    clock = SimulatedClock()
    server = SimulatedServer(clock)
    locker = sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None)
    Events(clock, [(100, lambda: locker.execute("begin exclusive")), (900, lambda: locker.execute("rollback"))])
    keeper = watched(history, clock, {"t": server}, seconds=1200)
    locker.close()
    assert (len(history.samples("t")), keeper.dropped, keeper.trouble) == (40, 0, "")


def test_what_does_not_fit_into_memory_is_dropped_counted_and_said(history: History, tmp_path: Path) -> None:
    clock = SimulatedClock()
    server = SimulatedServer(clock)
    locker = sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None)
    Events(clock, [(100, lambda: locker.execute("begin exclusive")), (3000, lambda: locker.execute("rollback"))])
    keeper = watched(history, clock, {"t": server}, seconds=3600, most_waiting=30_000)
    locker.close()
    samples = history.samples("t")
    assert keeper.dropped > 10
    assert len(samples) == 120 - keeper.dropped
    (said,) = [each for each in samples if each.gap == "dropped"]
    assert said.reason == f"{keeper.dropped} samples before this one could not be kept."


def test_two_watchers_of_one_store_do_not_count_twice(history: History) -> None:
    clock = SimulatedClock()
    server = SimulatedServer(clock)
    keepers = [Keeper(history, clock), Keeper(history, clock)]
    loops = [Loop([Watcher("t", server, clock)], keeper, clock, executor=Inline) for keeper in keepers]
    for _ in range(20):
        for loop in loops:
            loop.run(30)
    assert [keeper.others for keeper in keepers] == [set(), {"t"}]
    assert sum(keeper.written for keeper in keepers) == keepers[0].written == len(history.samples("t"))
    calls, _ = totals(history, "t")
    assert all(calls[queryid] <= server.true_calls[queryid] for queryid in calls)
    with loops[0]:
        pass  # it leaves, and the other takes over
    loops[1].run(60)
    assert keepers[1].written > 0
    with loops[1]:
        pass


def test_looks_go_on_while_the_store_hangs(tmp_path: Path) -> None:
    """With real threads: the writer waits for a lock, the lookers do not wait for the writer."""
    history = History(str(tmp_path / "history.sqlite"), wait_seconds=60)
    clock = SimulatedClock()
    locker = sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None, check_same_thread=False)
    locker.execute("begin exclusive")
    ear = Ear()
    keeper = Keeper(history, clock)
    threading.Timer(0.5, locker.execute, ["rollback"]).start()
    with Loop([Watcher("t", SimulatedServer(clock), clock)], keeper, clock, listeners=(ear,)) as loop:
        while len(ear.samples) < 5:
            loop.run(30)
    assert keeper.dropped == 0
    assert len(history.samples("t")) == len(ear.samples)
    locker.close()


def test_a_full_disk_stops_nothing_and_spoils_nothing(history: History, caplog: pytest.LogCaptureFixture) -> None:
    """SQLite's own limit of pages gives the error that a full disk gives."""
    clock = SimulatedClock()
    server = SimulatedServer(clock)

    @sa.event.listens_for(history.engine, "checkout")
    def limit(connection: Any, *_: object) -> None:
        pages = 1 << 30 if clock.steady() > 2000 else 48
        connection.execute(f"pragma max_page_count = {pages}")

    keeper = watched(history, clock, {"t": server}, seconds=3000)
    assert (len(history.samples("t")), keeper.dropped, keeper.trouble) == (100, 0, "")
    assert "database or disk is full" in caplog.text
    with history.engine.connect() as connection:
        assert connection.exec_driver_sql("pragma integrity_check").scalar() == "ok"


def test_a_clock_that_stays_behind_has_a_bucket_put_together_once_or_twice(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Counter[tuple[int, int]]()

    def counting(connection: sa.Connection, target: int, end: int, resolution: int, finer: int) -> None:
        made[resolution, end] += 1
        put_together(connection, target, end, resolution, finer)

    put_together = upkeep._put_together
    monkeypatch.setattr(upkeep, "_put_together", counting)
    clock = SimulatedClock()
    server = SimulatedServer(clock, statements=2, tables=1)
    Events(clock, [(3500, lambda: setattr(server, "offset", -3000.25))])
    watched(history, clock, {"t": server}, seconds=6000)
    assert max(count for (resolution, _), count in made.items() if resolution == 300) <= 3
    calls, _ = totals(history, "t")
    server.work()
    assert all(0 <= server.true_calls[each] - calls[each] <= 60 for each in calls)
