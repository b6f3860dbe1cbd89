"""True latencies from the histogram of pg_stat_monitor: its arithmetic, and a server that has it."""

from collections.abc import Iterator

import psycopg
import pytest

from extension_files import binaries_with
from pgclinic.grading.buckets import bucketed_percentile_ms, merged
from pgclinic.instance import Instance, start
from pgclinic.model.counters import ResponseTimes, TimeBucket
from pgclinic.model.evidence import Provenance
from pgclinic.model.watching import Sample, StatementDelta
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.response_times import Row, bounds_of, examined
from pgclinic.watch.clock import SystemClock
from pgclinic.watch.deltas import response_times
from pgclinic.watch.observing import latencies
from pgclinic.watch.source import ServerSource
from pgclinic.watch.watcher import Watcher

TIMINGS = "{{0.000 - 1.000}, (1.000 - 2.778}, (2.778 - 4.162}, (4.162 - 100.000}, (100.000 - ...}}"
"""As get_histogram_timings of version 2 writes it."""
WINDOW, NEXT = "2026-11-28T02:00:00+00:00", "2026-11-28T02:01:00+00:00"


def recorded(counts: str, *, queryid: str = "7", window: str = WINDOW, bounds: str = "") -> Row:
    return Row(queryid=queryid, role="app", window=window, counts=counts, bounds=bounds)


def read(*rows: Row) -> list[ResponseTimes]:
    return list(examined(rows, Capabilities()))


def test_the_ends_of_buckets_are_read_as_the_extension_writes_them() -> None:
    assert bounds_of(TIMINGS) == [(0.0, 1.0), (1.0, 2.778), (2.778, 4.162), (4.162, 100.0), (100.0, None)]


def test_what_several_clients_called_is_one_statement_in_each_window() -> None:
    found = read(recorded("3,1,0,0,0", bounds=TIMINGS), recorded("2,0,0,0,1"), recorded("1,0,0,0,0", window=NEXT))
    assert [(each.window, each.times) for each in found] == [
        (WINDOW, (TimeBucket(0.0, 1.0, 5), TimeBucket(1.0, 2.778, 1), TimeBucket(100.0, None, 1))),
        (NEXT, (TimeBucket(0.0, 1.0, 1),)),
    ]


def test_windows_that_begin_anew_are_set_against_nothing() -> None:
    before = read(recorded("3,1,0,0,0", bounds=TIMINGS))
    after = read(recorded("4,1,0,0,0", bounds=TIMINGS), recorded("2,0,1,0,0", window=NEXT))
    gained = response_times(before, after, all_anew=False)
    assert gained == {("7", "app"): (TimeBucket(0.0, 1.0, 3), TimeBucket(2.778, 4.162, 1))}
    reset = read(recorded("1,0,0,0,0", bounds=TIMINGS))
    assert response_times(before, reset, all_anew=False) == {("7", "app"): (TimeBucket(0.0, 1.0, 1),)}
    assert response_times(before, after, all_anew=True)["7", "app"][0].calls == 6


def test_a_percentile_lies_in_its_bucket() -> None:
    buckets = (TimeBucket(0.0, 1.0, 90), TimeBucket(1.0, 3.0, 8), TimeBucket(100.0, None, 2))
    assert bucketed_percentile_ms(buckets, 0.5) == pytest.approx(50 / 90)
    assert bucketed_percentile_ms(buckets, 0.95) == pytest.approx(1.0 + 2.0 * 5 / 8)
    assert bucketed_percentile_ms(buckets, 0.99) == 100.0
    assert bucketed_percentile_ms(buckets[:1], 0.99) is None
    assert merged([*buckets, *buckets])[0] == TimeBucket(0.0, 1.0, 180)


def test_percentiles_say_where_they_come_from() -> None:
    timed = StatementDelta(queryid="7", role="app", calls=100, mean_ms=1.0, times=(TimeBucket(0.0, 2.0, 95),))
    assert {each.provenance for each in latencies((timed,))} == {Provenance.BUCKETED}
    untimed = StatementDelta(queryid="8", role="app", calls=100, mean_ms=1.0)
    assert {each.provenance for each in latencies((timed, untimed))} == {Provenance.ESTIMATED}


@pytest.fixture(params=["pg_stat_monitor", "pg_stat_statements, pg_stat_monitor"])
def monitored(request: pytest.FixtureRequest) -> Iterator[Instance]:
    settings = {"shared_preload_libraries": request.param, "pg_stat_monitor.pgsm_enable_query_plan": "off"}
    with start(binaries_with("pg_stat_monitor"), settings=settings) as instance:
        with psycopg.connect(instance.conninfo(), autocommit=True) as session:
            for name in request.param.split(", "):
                session.execute(f"create extension {name}")
        yield instance


def p95(sample: Sample) -> tuple[float | None, Provenance]:
    return next((each.value, each.provenance) for each in sample.observations if each.name == "p95_ms")


@pytest.mark.server
def test_percentiles_of_a_server_that_counts_in_buckets(monitored: Instance) -> None:
    with psycopg.connect(monitored.conninfo(), autocommit=True, prepare_threshold=None) as session:
        watcher = Watcher("shop", ServerSource(monitored.conninfo()), SystemClock())
        assert watcher.look().sample.gap == "first"
        for number in range(45):
            session.execute("select pg_sleep(%s)", [0.0 if number < 36 else 0.06])
        first = watcher.look().sample
        for number in range(30):
            session.execute("select pg_sleep(%s)", [0.0 if number < 15 else 0.12])
        sighting = watcher.look()
        watcher.close()
    (asleep,) = [each for each in first.statements if each.calls == 45]
    assert sum(each.calls for each in asleep.times) == 45
    value, provenance = p95(first)
    assert provenance is Provenance.BUCKETED
    assert value is not None
    assert 30 < value < 110  # 60 ms, to within a bucket
    assert {each.calls for each in sighting.sample.statements if each.queryid == asleep.queryid} == {30}
    later, _ = p95(sighting.sample)
    assert later is not None
    assert 100 < later < 190
    assert asleep.total_ms > 9 * 60
