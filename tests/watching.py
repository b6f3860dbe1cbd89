"""A simulated day: a clock that is moved by whoever waits, and servers whose true totals are known."""

import itertools
import threading
from collections import Counter, deque
from collections.abc import Callable, Collection
from concurrent.futures import Executor, Future
from random import Random
from typing import Any

from pgclinic.model.activity import ConnectionCounts
from pgclinic.model.catalog import Relation
from pgclinic.model.counters import DatabaseCounters, StatementCounters, TableCounters
from pgclinic.model.errors import UserError
from pgclinic.model.history import StatementText
from pgclinic.model.snapshot import Header, Server, Snapshot
from pgclinic.watch.moments import SECOND, iso, micros

BEGIN = micros("2026-01-02T00:00:00+00:00")
PROBES = ("statement_counts", "sessions", "database_counters", "table_counters", "relations")


class SimulatedClock:
    """Time goes by only where somebody waits for it; ``set`` moves the time of day alone."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.offset = 0.0

    def now(self) -> str:
        return iso(BEGIN + int((self.seconds + self.offset) * SECOND))

    def steady(self) -> float:
        return self.seconds

    def wait(self, seconds: float, until: threading.Event) -> bool:
        self.seconds += max(seconds, 0.001)
        return until.is_set()


class Inline(Executor):
    """Runs what is submitted at once, so that a simulated day is the same every time."""

    def __init__(self, _threads: int = 1) -> None:
        pass

    def submit(self, task: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(task(*given, **named))
        return done


class SimulatedServer:
    """A source whose counters grow by chance; ``true_calls`` and ``true_inserts`` are what really happened.

    What happens between the last look before a loss and the loss itself no one can see: ``unseen_*`` counts it.
    """

    def __init__(self, clock: SimulatedClock, *, seed: int = 1, statements: int = 20, tables: int = 5) -> None:
        self.clock = clock
        self.random = Random(seed)
        self.true_calls = Counter[str]()
        self.unseen_calls = Counter[str]()
        self.true_inserts = Counter[int]()
        self.unseen_inserts = Counter[int]()
        self.is_up = True
        self.offset = 0.0
        self.started_at = self.now()
        self.statements_reset = self.now()
        self.stats_reset: str | None = None
        self.looks = 0
        self._queryids = [str(1000 + number) for number in range(statements)]
        self._tables = list(range(1, tables + 1))
        self._calls = Counter[str]()
        self._since: dict[str, str] = {}
        self._inserts = Counter[int]()
        self._commits = 0
        self._seen_calls = Counter[str]()
        self._seen_inserts = Counter[int]()
        self._worked_at = clock.steady()

    def now(self) -> str:
        return iso(BEGIN + int((self.clock.seconds + self.offset) * SECOND))

    def work(self) -> None:
        """What the application did since it was last asked."""
        elapsed, self._worked_at = self.clock.steady() - self._worked_at, self.clock.steady()
        for queryid in self._queryids:
            calls = int(elapsed * self.random.random())
            self._calls[queryid] += calls
            self.true_calls[queryid] += calls
            self._commits += calls
        for table in self._tables:
            rows = int(elapsed * self.random.random() * 3)
            self._inserts[table] += rows
            self.true_inserts[table] += rows

    def reset_statements(self) -> None:
        self.work()
        self._forget_calls()
        self.statements_reset = self.now()

    def evict(self) -> None:
        """Half of the entries of pg_stat_statements are thrown away."""
        self.work()
        for queryid in self._queryids[::2]:
            self.unseen_calls[queryid] += self._calls[queryid] - self._seen_calls[queryid]
            self._calls[queryid] = self._seen_calls[queryid] = 0
            self._since[queryid] = self.now()

    def reset_statistics(self) -> None:
        self.work()
        self._forget_inserts()
        self.stats_reset = self.now()

    def restart(self, *, is_crash: bool) -> None:
        self.work()
        if is_crash:
            self._forget_inserts()
            self._forget_calls()
            self.statements_reset = self.now()
        self.started_at = self.now()

    def _forget_calls(self) -> None:
        for queryid in self._queryids:
            self.unseen_calls[queryid] += self._calls[queryid] - self._seen_calls[queryid]
        self._calls.clear()
        self._seen_calls.clear()

    def _forget_inserts(self) -> None:
        for table in self._tables:
            self.unseen_inserts[table] += self._inserts[table] - self._seen_inserts[table]
        self._inserts.clear()
        self._seen_inserts.clear()
        self._commits = 0

    def ask(self, probes: Collection[str]) -> Snapshot:
        if not self.is_up:
            raise UserError("Cannot connect to shop: connection refused; check the host and port.")
        self.work()
        self.looks += 1
        self._seen_calls = Counter(self._calls)
        self._seen_inserts = Counter(self._inserts)
        return Snapshot(
            header=Header(format_version=1, collector="", clock=self.now(), probes=PROBES),
            server=Server(
                version_num=180000,
                version="18",
                database="shop",
                database_oid=5,
                system_identifier="7",
                started_at=self.started_at,
            ),
            relations=tuple(
                Relation(oid=table, schema="public", name=f"table_{table}", kind="r", owner="app")
                for table in self._tables
                if "relations" in probes
            ),
            statements=tuple(
                StatementCounters(
                    queryid=queryid,
                    role="app",
                    text="",
                    calls=calls,
                    total_ms=2.0 * calls,
                    mean_ms=2.0,
                    shared_blks_hit=calls,
                    since=self._since.get(queryid),
                )
                for queryid, calls in self._calls.items()
                if calls
            ),
            table_counters=tuple(
                TableCounters(relation=table, n_tup_ins=self._inserts[table], n_live_tup=20_000)
                for table in self._tables
            ),
            database_counters=DatabaseCounters(
                xact_commit=self._commits, stats_reset=self.stats_reset, statements_reset=self.statements_reset
            ),
            connection_counts=ConnectionCounts(clients=9),
        )

    def texts(self, query_ids: Collection[str]) -> tuple[StatementText, ...]:
        return tuple(
            StatementText(queryid=each, role="app", text=f"select {each}", fingerprint=each, verb="select")
            for each in sorted(query_ids)
        )

    def close(self) -> None:
        pass


class Events:
    """What is to happen to a simulated server, and when: done by whoever asks for the time first."""

    def __init__(self, clock: SimulatedClock, planned: list[tuple[float, Callable[[], object]]]) -> None:
        self._clock = clock
        self._planned = deque(sorted(planned, key=lambda each: each[0]))
        wait = clock.wait

        def moving(seconds: float, until: threading.Event) -> bool:
            target = clock.seconds + max(seconds, 0.001)
            while self._planned and self._planned[0][0] <= target:
                at, deed = self._planned.popleft()
                clock.seconds = max(clock.seconds, at)
                deed()
            return wait(max(target - clock.seconds, 0.0), until)

        clock.wait = moving  # type: ignore[method-assign]


def is_running_through(moments: list[tuple[str, str, float | None]], longest: float) -> list[str]:
    """Of ``(at, gap, seconds)`` the moments before which something is missing that no gap explains."""
    return [
        now
        for (then, _, _), (now, gap, _) in itertools.pairwise(moments)
        if not gap and (micros(now) - micros(then)) / SECOND > longest
    ]
