"""Random parts killed, stopped, paused and delayed at random instants while many clients read and write.

Twice in the tests, beside the short form in `tests/runtime`; `make torture` asks for more, with another seed each time.
How long each took to be of use again is printed.
"""

import os
import random
import signal
import statistics
import time
from collections.abc import Callable

import pytest

from conftest import binaries_on_machine
from consistency import SCHEMA, Crowd
from pgclinic.stack import start_pooler, start_redis
from stacking import running_pair

pytestmark = pytest.mark.server

KILLS = int(os.environ.get("TORTURE_KILLS", "2"))
SEED = int(os.environ.get("TORTURE_SEED", "1"))


@pytest.mark.parametrize("major", [15, 18])
def test_reads_and_cached_values_keep_their_promises(major: int) -> None:
    chance = random.Random(f"{SEED} {major}")
    with running_pair(binaries_on_machine(major)) as pair, start_pooler(pair.primary) as pooler, start_redis() as store:
        pair.execute(SCHEMA)

        def killed(part: object) -> Callable[[], None]:
            def act() -> None:
                part.kill()  # type: ignore[attr-defined]
                time.sleep(chance.uniform(0, 1.5))
                part.start_again()  # type: ignore[attr-defined]

            return act

        def stopped() -> None:
            pid = store.process.pid
            assert pid is not None
            os.kill(pid, signal.SIGSTOP)
            time.sleep(chance.uniform(0, 2))
            os.kill(pid, signal.SIGCONT)

        def paused() -> None:
            pair.replica.pause()
            time.sleep(chance.uniform(0, 3))
            pair.replica.resume()

        def delayed() -> None:
            pair.replica.delay(chance.uniform(0, 2))
            time.sleep(chance.uniform(0, 3))
            pair.replica.delay(0)

        acts = {
            "Redis killed": (killed(store), "redis"),
            "Redis stopped": (stopped, "redis"),
            "replica killed": (killed(pair.replica), "replica"),
            "replica paused": (paused, "replica"),
            "replica delayed": (delayed, "replica"),
            "PgBouncer killed": (killed(pooler), "write"),
            "primary killed": (killed(pair.primary), "write"),
        }
        seconds: dict[str, list[float]] = {}
        primaries = [pair.conninfo, pair.through(pooler), pair.through(pooler)]
        print(f"TORTURE_SEED={SEED}")
        with Crowd(primaries, pair.replica_conninfo, store.url, clients=4, seed=SEED) as crowd:
            for number in range(KILLS):
                name = chance.choice(sorted(acts)) if number >= len(acts) else sorted(acts)[number]
                act, works_again = acts[name]
                time.sleep(chance.uniform(0, 0.5))
                act()
                seconds.setdefault(name, []).append(crowd.recovers(works_again))
        crowd.check(pair.conninfo)
        for name, each in sorted(seconds.items()):
            middle, longest = statistics.median(each), max(each)
            print(f"{major}: {name} {len(each)} times, of use after {middle:.2f} s, at most {longest:.2f} s")
        journal = crowd.journal
        print(f"{major}: {len(journal.events)} events, slowest {journal.slowest:.2f} s, {dict(journal.errors)}")
