"""Percentiles of measured times, only where there are samples enough to hold them."""

from array import array
from collections.abc import Iterable, Sequence
from math import ceil

import msgspec

from pgclinic.model.proof import Latencies
from pgclinic.workload.times import Times

SAMPLES_NEEDED = {50: 5, 95: 20, 99: 100}
"""By percentile: with fewer it is not shown."""


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """The smallest sample that ``percent`` of them do not exceed (nearest rank); None when they are too few."""
    if len(ordered) < SAMPLES_NEEDED[percent]:
        return None
    return ordered[ceil(len(ordered) * percent / 100) - 1]


class Samples(msgspec.Struct):
    """What one session measured of one statement or task. ``digests`` holds pairs: of the parameters, of the rows."""

    name: str
    calls: int = 0
    errors: int = 0
    rows: int = 0
    times_ms: "array[float]" = msgspec.field(default_factory=lambda: array("d"))
    digests: set[tuple[str, str]] = msgspec.field(default_factory=set)


def summary(name: str, parts: Iterable[Samples], *, blocks: tuple[int, int] | None = None) -> Latencies:
    """What all sessions measured of the same statement or task, together; ``blocks`` are hit and read."""
    parts = tuple(parts)
    ordered = sorted(time for part in parts for time in part.times_ms)
    times = Times()
    for time in ordered:
        times.record(time)
    digests = sorted({pair for part in parts for pair in part.digests})
    # A statement that answers the same question in two ways (LIMIT without ORDER BY, a clock) compares with nothing.
    is_stable = len({parameters for parameters, _ in digests}) == len(digests)
    return Latencies(
        name=name,
        calls=sum(part.calls for part in parts),
        p50_ms=percentile(ordered, 50),
        p95_ms=percentile(ordered, 95),
        p99_ms=percentile(ordered, 99),
        max_ms=ordered[-1] if ordered else None,
        mean_ms=sum(ordered) / len(ordered) if ordered else None,
        histogram=times.text,
        errors=sum(part.errors for part in parts),
        rows=sum(part.rows for part in parts),
        blocks_hit=blocks[0] if blocks else None,
        blocks_read=blocks[1] if blocks else None,
        result_hash=" ".join(f"{parameters}:{rows}" for parameters, rows in digests) if is_stable else "",
    )
