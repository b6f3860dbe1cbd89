import math

import pytest
from msgspec.structs import replace

from pgclinic.model.counters import DatabaseCounters, StatementCounters, TableCounters
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Header, Server, Snapshot
from pgclinic.watch.sampler import Taken, sample

NAMES = {1: ObjectName("table", "orders", "public")}
STARTED = "2026-01-01T00:00:00+00:00"


def look(
    clock: str,
    *,
    calls: int = 0,
    mean_ms: float = 1.0,
    stddev_ms: float = 0.0,
    inserted: int = 0,
    commits: int = 0,
    started: str = STARTED,
    statements_reset: str = STARTED,
    stats_reset: str | None = None,
    identifier: str = "7",
) -> Snapshot:
    statement = StatementCounters(
        queryid="9",
        role="app",
        text="",
        calls=calls,
        total_ms=calls * mean_ms,
        mean_ms=mean_ms,
        stddev_ms=stddev_ms,
        shared_blks_hit=calls,
    )
    return Snapshot(
        header=Header(
            format_version=1,
            collector="",
            clock=f"2026-01-02T{clock}+00:00",
            probes=("statement_counts", "sessions", "database_counters", "table_counters"),
        ),
        server=Server(
            version_num=180000, version="18", database="shop", system_identifier=identifier, started_at=started
        ),
        statements=(statement,) if calls else (),
        table_counters=(TableCounters(relation=1, n_tup_ins=inserted, n_live_tup=20_000, seq_scan=inserted),),
        database_counters=DatabaseCounters(
            xact_commit=commits, statements_reset=statements_reset, stats_reset=stats_reset
        ),
    )


def test_counters_are_set_against_those_before() -> None:
    made = sample("t", look("10:00:00", calls=10), look("10:00:30", calls=40, inserted=5), names=NAMES)
    assert (made.seconds, made.gap) == (30.0, "")
    assert [(each.calls, each.total_ms, each.shared_blks_hit) for each in made.statements] == [(30, 30.0, 30)]
    assert [(each.object.name, each.inserted) for each in made.tables] == [("orders", 5)]
    assert {each.name: each.value for each in made.observations}["calls_per_s"] == 1.0


def test_mean_and_deviation_are_of_the_calls_gained() -> None:
    before = look("10:00:00", calls=1_000, mean_ms=1.0, stddev_ms=0.5)
    spread = math.sqrt((1_000 * 0.25 + 1_000 * 4.0) / 2_000 + (1_000 * 2.5**2 + 1_000 * 2.5**2) / 2_000)
    after = look("10:00:30", calls=2_000, mean_ms=3.5, stddev_ms=spread)
    (gained,) = sample("t", before, after, names=NAMES).statements
    assert gained.mean_ms == pytest.approx(6.0)
    assert gained.stddev_ms == pytest.approx(2.0)


def test_the_first_look_gains_nothing() -> None:
    made = sample("t", None, look("10:00:00", calls=10))
    assert (made.seconds, made.gap, made.statements) == (None, "first", ())


def test_a_statement_that_was_not_there_began_since() -> None:
    (gained,) = sample("t", look("10:00:00"), look("10:00:30", calls=4), names=NAMES).statements
    assert gained.calls == 4


def test_an_entry_that_fell_was_evicted_and_began_anew() -> None:
    made = sample("t", look("10:00:00", calls=100), look("10:00:30", calls=3), names=NAMES)
    assert [each.calls for each in made.statements] == [3]
    assert made.gap == ""


def test_an_entry_that_counts_since_another_moment_began_anew_though_it_is_higher() -> None:
    before, after = look("10:00:00", calls=3), look("10:00:30", calls=10)
    before = replace(before, statements=(replace(before.statements[0], since="2026-01-01T00:00:00+00:00"),))
    after = replace(after, statements=(replace(after.statements[0], since="2026-01-02T10:00:10+00:00"),))
    assert [each.calls for each in sample("t", before, after, names=NAMES).statements] == [10]


def test_a_reset_of_pg_stat_statements_is_named_and_all_of_it_gained() -> None:
    after = look("10:00:30", calls=200, statements_reset="2026-01-02T10:00:10+00:00")
    made = sample("t", look("10:00:00", calls=100), after, names=NAMES)
    assert (made.gap, [each.calls for each in made.statements]) == ("reset", [200])


def test_when_the_database_was_reset_every_table_began_anew() -> None:
    before = look("10:00:00", inserted=5, commits=1_000)
    after = look("10:00:30", inserted=8, commits=20, stats_reset="2026-01-02T10:00:10+00:00")
    made = sample("t", before, after, names=NAMES)
    assert (made.gap, [each.inserted for each in made.tables]) == ("reset", [8])
    assert {each.name: each.value for each in made.observations}["transactions_per_s"] == pytest.approx(20 / 30)


def test_a_reset_of_another_table_takes_nothing_from_this_one() -> None:
    before = look("10:00:00", inserted=5, commits=1_000)
    after = look("10:00:30", inserted=8, commits=1_020, stats_reset="2026-01-02T10:00:10+00:00")
    made = sample("t", before, after, names=NAMES)
    assert (made.gap, [each.inserted for each in made.tables]) == ("reset", [3])


def test_a_restart_is_named_and_counters_that_were_kept_go_on() -> None:
    after = look("10:01:00", calls=110, started="2026-01-02T10:00:40+00:00")
    made = sample("t", look("10:00:00", calls=100), after, names=NAMES)
    assert (made.gap, [each.calls for each in made.statements]) == ("restarted", [10])


def test_a_restart_under_a_clock_that_was_set_back_is_a_restart() -> None:
    after = look("09:00:30", calls=110, started="2026-01-02T09:00:10+00:00")
    made = sample("t", look("10:00:00", calls=100), after, names=NAMES, taken=Taken(elapsed=30.0))
    assert (made.gap, made.seconds, [each.calls for each in made.statements]) == ("restarted", 30.0, [10])


def test_another_server_under_the_same_name_is_a_first_look() -> None:
    before = look("10:00:00", calls=100)
    replica = look("10:00:30", calls=500, started="2026-01-01T12:00:00+00:00")
    assert sample("t", before, replica, names=NAMES).gap == "first"
    assert sample("t", before, look("10:00:30", calls=500, identifier="8"), names=NAMES).statements == ()


@pytest.mark.parametrize("clock", ["12:00:30", "09:00:00"])
def test_a_clock_that_was_set_is_named_and_the_time_is_by_ours(clock: str) -> None:
    made = sample("t", look("10:00:00", calls=1), look(clock, calls=31), names=NAMES, taken=Taken(elapsed=30.0))
    assert (made.gap, made.seconds) == ("clock", 30.0)
    assert {each.name: each.value for each in made.observations}["calls_per_s"] == 1.0


def test_looks_left_out_and_slow_looks_are_named() -> None:
    before, after = look("10:00:00"), look("10:01:30")
    assert sample("t", before, after, names=NAMES, taken=Taken(elapsed=90.0, missed=2)).gap == "missed"
    assert sample("t", before, after, names=NAMES, taken=Taken(elapsed=90.0, took_ms=31_000)).gap == "slow"


def test_our_own_statements_are_left_out_and_utility_is_no_latency() -> None:
    before, after = look("10:00:00"), look("10:00:30", calls=500)
    assert sample("t", before, after, names=NAMES, own={"9"}).statements == ()
    figures = {each.name: each.value for each in sample("t", before, after, names=NAMES, utility={"9"}).observations}
    assert figures["p95_ms"] is None
    assert figures["calls_per_s"] == pytest.approx(500 / 30)
