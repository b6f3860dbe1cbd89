"""Every part delayed, paused, stopped and killed once under load; `tests/torture` has the long form."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from conftest import binaries_on_machine
from consistency import SCHEMA, Crowd, Event, violations
from pgclinic.stack import start_pooler, start_redis
from stacking import running_pair

EVENTS = [
    Event(1, "write", 1, 1, 0, 1),
    Event(2, "read", 1, 0, 1.5, 1.6),
    Event(1, "read", 1, 1, 1.7, 1.8),
    Event(2, "write", 1, 2, 2, 3),
    Event(1, "cached", 1, 1, 3.5, 3.6),
]
BOUNDS = {"read": 1.0, "cached": 1.0}


def test_the_checker_accepts_what_keeps_the_promises() -> None:
    assert violations(EVENTS, BOUNDS) == []


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Event(1, "read", 1, 0, 1.7, 1.8), "missed its own write"),
        (Event(2, "cached", 1, 1, 3.2, 3.3), "missed its own write"),
        (Event(3, "read", 1, 0, 2.5, 2.6), "out of date"),
        (Event(3, "cached", 1, 1, 4.5, 4.6), "out of date"),
    ],
)
def test_the_checker_finds_a_planted_violation(event: Event, words: str) -> None:
    (found,) = violations([*EVENTS, event], BOUNDS)
    assert words in found


@contextmanager
def stopped(pid: int | None) -> Iterator[None]:
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.server
def test_no_read_misses_its_own_write_whatever_dies() -> None:
    with running_pair(binaries_on_machine(18)) as pair, start_pooler(pair.primary) as pooler, start_redis() as store:
        pair.execute(SCHEMA)
        with Crowd([pair.conninfo, pair.through(pooler)], pair.replica_conninfo, store.url, clients=4) as crowd:
            for kind in ("write", "read", "cached", "replica", "redis"):
                crowd.recovers(kind)
            pair.replica.delay(0.5)
            time.sleep(1)
            pair.replica.delay(0)
            pair.replica.pause()
            time.sleep(1)
            pair.replica.resume()
            with stopped(store.process.pid):
                crowd.recovers("cached")
                time.sleep(0.5)
            crowd.recovers("redis")
            for part, works_again in (
                (store, "redis"),
                (pair.replica, "replica"),
                (pooler, "write"),
                (pair.primary, "write"),
            ):
                part.kill()
                time.sleep(0.3)
                part.start_again()
                print(f"{works_again}: {crowd.recovers(works_again):.3f} s after {type(part).__name__} was back")
        crowd.check(pair.conninfo)
        print(
            f"{len(crowd.journal.events)} events, slowest {crowd.journal.slowest:.2f} s, {dict(crowd.journal.errors)}"
        )
