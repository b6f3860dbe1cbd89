"""One run: arrivals fixed in advance, each request from when it was to begin to when its answer was complete."""

import asyncio
import random
from array import array
from collections.abc import Iterator, Sequence
from time import perf_counter, process_time

import msgspec

from drain_fortin.load.actions import ACTIONS, Action
from drain_fortin.load.client import Client
from drain_fortin.load.subjects import Subjects


class Times(msgspec.Struct):
    """Of one action: milliseconds of each request that was answered, and why others were not, with their number."""

    times_ms: list[float] = msgspec.field(default_factory=list)
    failures: dict[str, int] = msgspec.field(default_factory=dict)

    def failed(self, why: str) -> None:
        """Count one."""
        self.failures[why] = self.failures.get(why, 0) + 1


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """``seconds`` from the first arrival to the last answer; ``late_ms`` the most that the load itself was late.

    ``processor_seconds`` is what the load itself took meanwhile.
    """

    rate: float
    seconds: float
    late_ms: float
    processor_seconds: float
    actions: dict[str, Times]


def arrivals(rate: float, seconds: float, chance: random.Random) -> "array[float]":
    """Moments in seconds at which requests begin: a Poisson process, which many users by themselves amount to."""
    moments, at = array("d"), chance.expovariate(rate)
    while at < seconds:
        moments.append(at)
        at += chance.expovariate(rate)
    return moments


def order(count: int, chance: random.Random) -> Iterator[Action]:
    """So many actions in random order, each as often as its weight says: few requests have no luck with heavy ones."""
    deck: list[Action] = []
    for _ in range(count):
        if not deck:
            deck = [action for action in ACTIONS for _ in range(action.weight)]
            chance.shuffle(deck)
        yield deck.pop()


class Run:
    """Users who ask ``client`` at ``rate`` a second; each comes again with the cookie that they were given."""

    def __init__(self, client: Client, subjects: Subjects, *, rate: float, users: int, seed: int) -> None:
        self._client = client
        self._subjects = subjects
        self._rate = rate
        self._users = users
        self._chance = random.Random(f"{seed}/{rate}")  # noqa: S311 - a reproducible order, no secret
        self._cookies: dict[int, str] = {}
        self._times = {action.name: Times() for action in ACTIONS}
        self._late = 0.0

    async def run(self, seconds: float, patience: float) -> Outcome:
        """Ask for so many seconds, then wait ``patience`` for what is under way; the rest has failed."""
        moments = arrivals(self._rate, seconds, self._chance)
        actions = list(order(len(moments), self._chance))
        begun, worked = perf_counter(), process_time()
        tasks = await self._begin(begun, moments, actions)
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return Outcome(
            rate=self._rate,
            seconds=perf_counter() - begun,
            late_ms=1000 * self._late,
            processor_seconds=process_time() - worked,
            actions=self._times,
        )

    async def _begin(
        self, begun: float, moments: Sequence[float], actions: Sequence[Action]
    ) -> list[asyncio.Task[None]]:
        tasks = []
        for moment, action in zip(moments, actions, strict=True):
            due = begun + moment
            await asyncio.sleep(max(0.0, due - perf_counter()))
            self._late = max(self._late, perf_counter() - due)
            tasks.append(asyncio.create_task(self._ask(action, due)))
        return tasks

    async def _ask(self, action: Action, due: float) -> None:
        times, user = self._times[action.name], self._chance.randrange(self._users)
        try:
            asked = action.ask(self._subjects, self._chance)
            status, _, cookie = await self._client.ask(asked, self._cookies.get(user, ""))
        except asyncio.CancelledError:
            times.failed("not answered in time")
            return
        except (OSError, EOFError) as error:
            times.failed(str(error) or type(error).__name__)
            return
        if cookie:
            self._cookies[user] = cookie
        if status < 400:  # noqa: PLR2004 - HTTP
            times.times_ms.append(1000 * (perf_counter() - due))
        else:
            times.failed(f"status {status}")
