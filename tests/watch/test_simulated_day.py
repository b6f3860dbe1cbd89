"""A day of everything that goes wrong, in seconds: no gap unexplained, no wrong delta, and the memory stays flat.

``SIMULATED_HOURS=24`` runs the whole day; without it two hours.
"""

import gc
import os
import sqlite3
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from pgclinic.watch.history import History
from pgclinic.watch.keeper import Keeper
from pgclinic.watch.loop import Loop
from pgclinic.watch.upkeep import Retention
from pgclinic.watch.watcher import Watcher
from watching import Events, Inline, SimulatedClock, SimulatedServer, is_running_through

HOURS = float(os.environ.get("SIMULATED_HOURS", "2"))
LONGEST = 31.0
"""Seconds between two samples that need no explanation, at an interval of 30."""


def mishaps(
    clock: SimulatedClock, server: SimulatedServer, lock: Callable[[], object], unlock: Callable[[], object]
) -> list[tuple[float, Callable[[], object]]]:
    """Each kind again and again, at moments that fall together now and then."""
    seconds = HOURS * 3600
    planned: list[tuple[float, Callable[[], object]]] = []

    def every(period: float, first: float, *deeds: tuple[float, Callable[[], object]]) -> None:
        begin = first
        while begin < seconds - 900:
            planned.extend((begin + after, deed) for after, deed in deeds)
            begin += period

    def set_clock(by: float) -> Callable[[], object]:
        return lambda: setattr(server, "offset", server.offset + by)

    every(1800, 300, (0, server.reset_statements))
    every(2100, 500, (0, server.evict))
    every(2500, 700, (0, server.reset_statistics))
    every(2700, 900, (0, lambda: server.restart(is_crash=False)))
    every(3100, 1100, (0, lambda: server.restart(is_crash=True)))
    every(2900, 1300, (0, lambda: setattr(server, "is_up", False)), (400, lambda: setattr(server, "is_up", True)))
    every(3300, 1500, (0, lock), (250, unlock))
    every(3500, 1700, (0, set_clock(3600.25)), (600, set_clock(-3600.25)))
    every(3700, 1900, (0, set_clock(-90.5)), (300, set_clock(90.5)))
    every(3900, 2100, (0, lambda: setattr(clock, "offset", clock.offset + 7200.125)))
    return planned


def test_a_day_of_mishaps(tmp_path: Path) -> None:
    history = History(str(tmp_path / "history.sqlite"), wait_seconds=0.01)
    locker = sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None)
    clock = SimulatedClock()
    server = SimulatedServer(clock, seed=7)
    server.ask(())  # what was counted before the first look is no one's gain
    server.true_calls.clear()
    server.true_inserts.clear()
    Events(
        clock,
        mishaps(clock, server, lambda: locker.execute("begin exclusive"), lambda: locker.execute("rollback")),
    )
    # Our clock is set ahead two hours again and again: a day has three.
    keeper = Keeper(history, clock, retention=Retention(sampled_days=max(2.0, HOURS / 4)))
    watcher = Watcher("t", server, clock)
    memory: list[int] = []
    with Loop([watcher], keeper, clock, executor=Inline) as loop:
        loop.run(1)
        server.true_calls.clear()
        server.true_inserts.clear()
        tracemalloc.start()
        for _ in range(4):
            loop.run(HOURS * 900)
            gc.collect()
            memory.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
    locker.close()
    samples = history.samples("t")
    in_order = sorted(samples, key=lambda each: each.at)
    gaps = Counter(each.gap for each in samples)
    assert keeper.dropped == 0
    assert {"first", "unreachable", "restarted", "reset", "clock"} <= set(gaps)
    assert any("before this one failed" in each.reason for each in samples)
    assert sum(gaps.values()) == loop.looks
    assert is_running_through([(each.at, each.gap, each.seconds) for each in in_order], LONGEST) == []
    server.work()
    calls = Counter({each.gained.queryid: each.gained.calls for each in history.statements("t")})
    inserts = Counter({each.relation: each.inserted for each in history.tables("t")})
    pending = {queryid: server._calls[queryid] - server._seen_calls[queryid] for queryid in server.true_calls}
    assert calls == Counter(
        {each: server.true_calls[each] - server.unseen_calls[each] - pending[each] for each in server.true_calls}
    )
    waiting = {table: server._inserts[table] - server._seen_inserts[table] for table in server.true_inserts}
    assert inserts == Counter(
        {each: server.true_inserts[each] - server.unseen_inserts[each] - waiting[each] for each in server.true_inserts}
    )
    assert max(memory[1:]) - min(memory[1:]) < 1_000_000
    print(f"{loop.looks} looks in {HOURS:g} h, gaps {dict(gaps)}, traced memory {[each >> 10 for each in memory]} kB")
    history.close()
