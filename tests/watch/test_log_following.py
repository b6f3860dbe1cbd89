import time
from pathlib import Path

import psycopg
import pytest

from pgclinic.instance import find_binaries, start
from pgclinic.model.errors import UserError
from pgclinic.model.evidence import Provenance
from pgclinic.watch.clock import SystemClock
from pgclinic.watch.log_following import LogFollower
from pgclinic.watch.observing import true_latencies
from pgclinic.watch.source import ServerSource
from pgclinic.watch.watcher import Watcher

PATIENCE = 60
LINE = "2026-01-02 10:00:00.000 UTC [7] app@shop LOG:  duration: {ms} ms  statement: select {number}\n"


def lines(*durations: float) -> str:
    return "".join(LINE.format(ms=ms, number=number) for number, ms in enumerate(durations))


def test_only_what_was_added_is_read_and_rotation_is_followed(tmp_path: Path) -> None:
    log = tmp_path / "postgresql.log"
    log.write_text(lines(99.0))
    follower = LogFollower(log)
    assert follower.durations("shop") == []
    with log.open("a") as file:
        file.write(lines(1.0, 2.0) + "2026-01-02 10:00:00.000 UTC [7] app@shop LOG:  duration: 3.0")
    assert follower.durations("shop") == [1.0, 2.0]
    with log.open("a") as file:
        file.write(" ms  statement: select 3\n")
    assert follower.durations("shop") == [3.0]
    log.rename(tmp_path / "postgresql.log.1")
    assert follower.durations("shop") == []
    log.write_text(lines(4.0))
    assert follower.durations("shop") == [4.0]


def test_our_own_statements_are_no_latency(tmp_path: Path) -> None:
    log = tmp_path / "postgresql.log"
    log.write_text("")
    follower = LogFollower(log)
    log.write_text(LINE.format(ms=5.0, number="1 /* pgclinic */"))
    assert follower.durations("shop") == []


def test_a_percentile_needs_its_calls() -> None:
    figures = {each.name: each.value for each in true_latencies([float(ms) for ms in range(1, 51)])}
    assert figures == {"p50_ms": 25.0, "p95_ms": 48.0, "p99_ms": None}


def test_what_is_no_log_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--log: .* cannot be read"):
        LogFollower(tmp_path / "missing.log")


@pytest.mark.server
@pytest.mark.parametrize(("least", "provenance"), [("0", Provenance.MEASURED), ("50", Provenance.ESTIMATED)])
def test_percentiles_are_true_where_every_statement_is_logged(least: str, provenance: Provenance) -> None:
    settings = {
        "log_min_duration_statement": least,
        "logging_collector": "on",
        "log_line_prefix": "%m [%p] %u@%d ",
        "shared_preload_libraries": "pg_stat_statements",
    }
    with (
        start(find_binaries()[0], settings=settings) as instance,
        psycopg.connect(instance.conninfo(), autocommit=True) as session,
    ):
        session.execute("create extension pg_stat_statements")
        follower = LogFollower(instance.data_directory / "log")
        watcher = Watcher("t", ServerSource(instance.conninfo()), SystemClock(), log=follower)
        watcher.look()
        for _ in range(30):
            session.execute("select pg_sleep(0.01)", prepare=False)
        session.execute("do $$ begin raise log 'all is done'; end $$")
        deadline = time.monotonic() + PATIENCE
        while not any("all is done" in each.read_text() for each in (instance.data_directory / "log").iterdir()):
            assert time.monotonic() < deadline, "the collector writes nothing"
            time.sleep(0.05)
        made = watcher.look().sample
        watcher.close()
    found = {each.name: each for each in made.observations}
    assert found["p95_ms"].provenance is provenance
    assert found["p95_ms"].value is not None
    assert found["p95_ms"].value >= 10
