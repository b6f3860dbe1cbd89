import random
from array import array

import pytest

from pgclinic.workload.latencies import Samples, percentile, summary


@pytest.mark.parametrize(("percent", "needed"), [(50, 5), (95, 20), (99, 100)])
def test_a_percentile_needs_its_samples(percent: int, needed: int) -> None:
    assert percentile([1.0] * (needed - 1), percent) is None
    assert percentile([1.0] * needed, percent) == 1.0


def test_percentiles_are_samples_by_nearest_rank() -> None:
    samples = [float(n) for n in range(1, 101)]
    assert [percentile(samples, percent) for percent in (50, 95, 99)] == [50.0, 95.0, 99.0]


def test_sessions_are_put_together() -> None:
    times = [float(n) for n in range(20)]
    random.Random(3).shuffle(times)
    parts = [
        Samples("x", calls=10, errors=1, rows=5, times_ms=array("d", times[:10]), digests={("b", "2")}),
        Samples("x", calls=10, rows=5, times_ms=array("d", times[10:]), digests={("a", "1"), ("b", "2")}),
    ]
    whole = summary("x", parts, blocks=(7, 8))
    assert (whole.calls, whole.errors, whole.rows, whole.p50_ms, whole.p95_ms, whole.p99_ms) == (
        20,
        1,
        10,
        9.0,
        18.0,
        None,
    )
    assert (whole.max_ms, whole.mean_ms, whole.blocks_hit, whole.blocks_read) == (19.0, 9.5, 7, 8)
    assert whole.result_hash == "a:1 b:2"


def test_nothing_measured_is_nothing_claimed() -> None:
    nothing = summary("x", [])
    assert (nothing.calls, nothing.p50_ms, nothing.max_ms, nothing.mean_ms) == (0, None, None, None)


def test_a_statement_with_two_answers_to_one_question_has_no_hash() -> None:
    parts = [Samples("x", digests={("a", "1"), ("b", "2")}), Samples("x", digests={("a", "9")})]
    assert summary("x", parts).result_hash == ""
