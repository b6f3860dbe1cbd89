import random

import pytest

from pgclinic.grading.percentiles import percentile_ms
from pgclinic.sql.counted import CountedStatement


def _statement(calls: int, mean_ms: float, stddev_ms: float) -> CountedStatement:
    return CountedStatement(
        fingerprint=f"{calls}{mean_ms}",
        text="select 1",
        verb="select",
        calls=calls,
        rows=calls,
        total_ms=calls * mean_ms,
        mean_ms=mean_ms,
        stddev_ms=stddev_ms,
        max_ms=mean_ms,
        shared_blks=0,
        shared_blks_read=0,
        temp_blks_written=0,
    )


@pytest.mark.parametrize(("share", "needed"), [(0.50, 2), (0.95, 20), (0.99, 100)])
def test_a_percentile_needs_its_calls(share: float, needed: int) -> None:
    assert percentile_ms([_statement(needed - 1, 5, 1)], share) is None
    assert percentile_ms([_statement(needed, 5, 1)], share) is not None


def test_statements_that_never_vary_give_their_own_latency() -> None:
    statements = [_statement(90, 1, 0), _statement(10, 80, 0)]
    assert percentile_ms(statements, 0.50) == pytest.approx(1)
    assert percentile_ms(statements, 0.95) == pytest.approx(80)


def test_a_mixture_of_log_normal_latencies_is_recovered() -> None:
    """The figures are those of samples drawn from the same distributions."""
    draw = random.Random(7)
    samples: list[float] = []
    statements = []
    for calls, mu, sigma in ((20_000, 0.0, 0.5), (5_000, 2.0, 0.8), (500, 5.0, 0.3)):
        own = [draw.lognormvariate(mu, sigma) for _ in range(calls)]
        mean = sum(own) / calls
        deviation = (sum((value - mean) ** 2 for value in own) / calls) ** 0.5
        statements.append(_statement(calls, mean, deviation))
        samples += own
    samples.sort()
    for share in (0.50, 0.95, 0.99):
        assert percentile_ms(statements, share) == pytest.approx(samples[int(share * len(samples))], rel=0.08)
