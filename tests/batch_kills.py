"""Kills of a writing process, of its session and of the whole server, and what must be true afterwards."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg

from conftest import Database

CLIENT = Path(__file__).parent / "batch_client.py"
PATIENCE = 120


class Client:
    """A running ``batch_client`` and what it was told is safe."""

    def __init__(self, arguments: list[str]) -> None:
        self.safe: list[tuple[int, int]] = []
        self.process = subprocess.Popen(
            [sys.executable, str(CLIENT), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            if line.endswith("\n"):  # a killed process may have said half a line
                first, stop = line.split()
                self.safe.append((int(first), int(stop)))

    def has_gone_on(self) -> bool:
        """Wait until it is told of more rows."""
        before, deadline = len(self.safe), time.monotonic() + PATIENCE
        while len(self.safe) <= before and time.monotonic() < deadline and self.process.poll() is None:
            time.sleep(0.01)
        return len(self.safe) > before

    def end(self, how: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(how)
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()  # what did not end would keep its pipes open, and their reader
        self._reader.join(PATIENCE)
        assert self.process.stderr
        said = self.process.stderr.read()
        assert self.process.stdout
        self.process.stdout.close()
        self.process.stderr.close()
        return self.process.returncode, said


class Kills:
    """Kills of one database's writers."""

    def __init__(self, database: Database, spool: Path | None, how: str, seed: int) -> None:
        self.database = database
        self.spool = spool
        self.chance = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.safe: list[tuple[int, int]] = []
        self.how = how  # "append" or "insert"
        self._first = 0

    def run(self, kills: int) -> None:
        """So many kills, then a last client that ends by SIGTERM and leaves nothing behind."""
        client = None
        while self.counts.total() < kills:
            client = client or self._start()
            # Some are killed while they start and replay, the others at work.
            if self.chance.random() < 0.7:
                assert client.has_gone_on(), client.end(signal.SIGKILL)
                time.sleep(self.chance.uniform(0, 0.15))
            else:
                time.sleep(self.chance.uniform(0, 0.5))
            what = self.chance.choices(("process", "session", "server"), (5, 3, 2))[0]
            if what == "process":
                client.end(signal.SIGKILL)
                self.safe += client.safe
                client = None
                self.counts[what] += 1
            elif self._kill_session(what):
                self.counts[what] += 1
        client = client or self._start()
        assert client.has_gone_on(), client.end(signal.SIGKILL)
        code, said = client.end(signal.SIGTERM)
        # psycopg logs a pipeline whose session was killed.
        assert (code, "Traceback" in said) == (0, False), said
        self.safe += client.safe

    def check(self) -> int:
        """Every safe row is there exactly once, or set aside, and no row is there twice; returns how many are safe."""
        found = Counter(number for (number,) in self.execute("select number from events"))
        refused = Counter(
            int(bytes(row).replace(b'"', b"").replace(b"\0", b"\t").split(b"\t")[0])
            for (row,) in self.execute("select row from pgclinic_runtime.refused_rows")
        )
        safe = {number for first, stop in self.safe for number in range(first, stop)}
        missing = safe - found.keys() - refused.keys()
        doubled = [number for number, times in (found + refused).items() if times > 1]
        assert not missing, sorted(missing)[:20]
        assert not doubled, doubled[:20]
        assert not self.spool or not list(self.spool.glob("*.spool"))
        return len(safe)

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """As the database does, once it has recovered."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self.database.execute(statement)
            except psycopg.OperationalError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def _start(self) -> Client:
        kind = self.chance.choice(["threads", "asyncio"])
        spool = [str(self.spool)] if self.spool else []
        self._first += 10_000_000
        return Client([self.database.conninfo, str(self._first), kind, self.how, *spool])

    def _kill_session(self, what: str) -> bool:
        pids = self.execute(
            "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            " and backend_type = 'client backend' order by pid"
        )
        if not pids:
            return False
        if what == "session":
            return self.execute(f"select pg_terminate_backend({pids[0][0]})") == [(True,)]
        try:
            os.kill(pids[0][0], signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True
