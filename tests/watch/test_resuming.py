"""A watcher that ends, is killed, or stands by, and what the next one counts: all of it, once."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pgclinic.watch.history import History
from pgclinic.watch.keeper import Keeper
from pgclinic.watch.loop import Loop
from pgclinic.watch.watcher import Watcher
from watching import Inline, SimulatedClock, SimulatedServer


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(str(tmp_path / "history.sqlite"), wait_seconds=0.01)


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def server(clock: SimulatedClock) -> SimulatedServer:
    made = SimulatedServer(clock, seed=3)
    made.ask(())
    made.true_calls.clear()  # what was counted before the first look is no one's gain
    made.true_inserts.clear()
    return made


def watch(history: History, clock: SimulatedClock, server: SimulatedServer, seconds: float) -> Loop:
    loop = Loop([Watcher("t", server, clock)], Keeper(history, clock), clock, executor=Inline)
    loop.run(seconds)
    return loop


def end(loop: Loop) -> None:
    with loop:
        pass


def kill(loop: Loop) -> None:
    """What was not written is lost, and nothing is released."""
    loop._keeper._fresh.clear()


def is_all_counted(history: History, server: SimulatedServer) -> bool:
    calls = Counter({each.gained.queryid: each.gained.calls for each in history.statements("t")})
    inserts = Counter({each.relation: each.inserted for each in history.tables("t")})
    return calls == server.true_calls and inserts == server.true_inserts


def gaps(history: History) -> list[str]:
    return [each.gap for each in history.samples("t") if each.gap]


@pytest.mark.parametrize("ended", [end, kill])
def test_a_watcher_that_is_started_again_goes_on_where_it_was(
    history: History, clock: SimulatedClock, server: SimulatedServer, ended: Callable[[Loop], None]
) -> None:
    for pause in (5, 45, 300, 2000):
        ended(watch(history, clock, server, 300))
        clock.seconds += pause
    end(watch(history, clock, server, 300))
    assert gaps(history)[0] == "first"
    assert set(gaps(history)[1:]) == {"missed"}
    assert is_all_counted(history, server)


def test_what_is_of_more_than_an_hour_is_not_counted_into_one_moment(
    history: History, clock: SimulatedClock, server: SimulatedServer
) -> None:
    end(watch(history, clock, server, 300))
    clock.seconds += 7200
    end(watch(history, clock, server, 300))
    assert gaps(history) == ["first", "first"]
    assert "Nobody looked for 7230 s" in history.samples("t")[10].reason
    assert max(each.seconds or 0.0 for each in history.samples("t")) <= 30


def test_a_server_that_was_restarted_while_nobody_looked_is_met_anew(
    history: History, clock: SimulatedClock, server: SimulatedServer
) -> None:
    end(watch(history, clock, server, 300))
    clock.seconds += 600
    server.restart(is_crash=True)
    clock.seconds += 600
    end(watch(history, clock, server, 300))
    assert gaps(history) == ["first", "first"]


def test_one_that_stands_by_goes_on_from_what_the_other_kept(
    history: History, clock: SimulatedClock, server: SimulatedServer
) -> None:
    first = watch(history, clock, server, 300)
    second = watch(history, clock, server, 300)
    for _ in range(20):
        first.run(30)
        second.run(30)
    kill(first)
    second.run(600)
    end(second)
    assert set(gaps(history)) == {"first", "missed"}
    assert is_all_counted(history, server)


def test_a_store_that_refuses_at_the_start_costs_nothing(
    history: History, clock: SimulatedClock, server: SimulatedServer, tmp_path: Path
) -> None:
    end(watch(history, clock, server, 300))
    locker = sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None)
    locker.execute("begin exclusive")
    loop = watch(history, clock, server, 300)
    locker.execute("rollback")
    locker.close()
    loop.run(300)
    end(loop)
    assert len(history.samples("t")) == 30
    assert is_all_counted(history, server)
