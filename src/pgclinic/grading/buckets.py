"""Percentiles of latencies that a server counted in buckets: true to within the bucket that they fall into."""

from collections import Counter
from collections.abc import Iterable, Sequence

from pgclinic.model.counters import TimeBucket

_SLACK = 1e-9
_NEARLY_ALL = 0.9


def are_told(buckets: Iterable[TimeBucket], calls: int) -> bool:
    """Whether nearly all of so many calls are in buckets, so that percentiles of these are those of all."""
    told = sum(each.calls for each in buckets)
    return told > 0 and told >= _NEARLY_ALL * calls


def merged(buckets: Iterable[TimeBucket]) -> tuple[TimeBucket, ...]:
    """Each bucket once with all its calls, the fastest first."""
    calls: Counter[tuple[float, float | None]] = Counter()
    for each in buckets:
        calls[each.low_ms, each.high_ms] += each.calls
    found = (TimeBucket(low, high, count) for (low, high), count in calls.items() if count)
    return tuple(sorted(found, key=lambda each: (each.high_ms is None, each.high_ms or 0.0, each.low_ms)))


def bucketed_percentile_ms(buckets: Sequence[TimeBucket], share: float) -> float | None:
    """The latency below which ``share`` of the calls lie, in ms; None without enough calls to speak of it.

    Calls are taken to be spread evenly over their bucket, and to be at the low end of one without a high one, as
    Prometheus' ``histogram_quantile`` does (https://prometheus.io/docs/practices/histograms/).
    """
    in_order = merged(buckets)
    calls = sum(each.calls for each in in_order)
    if calls < 1 / (1 - share) - _SLACK:
        return None
    wanted, below = share * calls, 0
    for each in in_order:
        if below + each.calls >= wanted - _SLACK:
            width = 0.0 if each.high_ms is None else each.high_ms - each.low_ms
            return each.low_ms + width * (wanted - below) / each.calls
        below += each.calls
    return None
