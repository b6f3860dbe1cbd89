"""Latency percentiles of a workload, estimated from the mean and deviation that pg_stat_statements keeps.

Each statement's latency is taken for log-normal with its mean and standard deviation, the workload for their mixture,
weighted by calls. pg_stat_statements keeps no percentiles, so this is an estimate; ``prove`` measures.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Protocol

_STEPS = 60
"""Of bisection: the bracket halves each time, down to the precision of a double."""

_WIDEST = 20.0
"""Latencies lie between exp(-20) and exp(20) ms: two picoseconds and five days."""

_NORMAL = NormalDist()
_WIDEST_SPREAD = 1e100
_SLACK = 1e-9


class Timed(Protocol):
    """So many calls with the mean and the standard deviation of their latencies, in ms."""

    @property
    def calls(self) -> int: ...  # noqa: D102

    @property
    def mean_ms(self) -> float: ...  # noqa: D102

    @property
    def stddev_ms(self) -> float: ...  # noqa: D102


def percentile_ms(statements: Sequence[Timed], share: float) -> float | None:
    """The latency below which ``share`` of all calls lie, in ms; None without enough calls to speak of it.

    A percentile needs as many calls as make one call lie beyond it: 20 for P95, 100 for P99.
    """
    calls = sum(statement.calls for statement in statements)
    if calls < 1 / (1 - share) - _SLACK:
        return None
    parts = [(statement.calls, *_log_normal(statement)) for statement in statements if statement.calls]
    low, high = -_WIDEST, _WIDEST
    for _ in range(_STEPS):
        middle = (low + high) / 2
        below = sum(weight * _share_below(middle, centre, deviation) for weight, centre, deviation in parts) / calls
        low, high = (middle, high) if below < share else (low, middle)
    return math.exp(high)


def one_percentile_ms(statement: Timed, share: float) -> float | None:
    """As ``percentile_ms`` for one statement, whose quantile has a closed form; None without enough calls."""
    if statement.calls < 1 / (1 - share) - _SLACK:
        return None
    centre, deviation = _log_normal(statement)
    return math.exp(min(centre + deviation * _NORMAL.inv_cdf(share), _WIDEST))


def _log_normal(statement: Timed) -> tuple[float, float]:
    """Centre and deviation of the logarithm of a statement's latency in ms."""
    if statement.mean_ms <= 0:
        return -_WIDEST, 0.0
    variance = math.log1p(min(statement.stddev_ms / statement.mean_ms, _WIDEST_SPREAD) ** 2)
    return math.log(statement.mean_ms) - variance / 2, math.sqrt(variance)


def _share_below(log_ms: float, centre: float, deviation: float) -> float:
    """The cumulative distribution at ``exp(log_ms)``; a step where a statement never varied."""
    if deviation == 0:
        return float(log_ms >= centre)
    return (1 + math.erf((log_ms - centre) / (math.sqrt(2) * deviation))) / 2
