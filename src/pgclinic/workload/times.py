"""Measured times as a histogram of bounded error: HdrHistogram, three significant digits from 0.1 µs to an hour.

See http://hdrhistogram.org for the structure and its serialised form, which other tools read too.
"""

import zlib
from collections.abc import Iterator

from hdrh.codec import HdrCookieException, HdrHistogramSettingsException, HdrLengthException
from hdrh.histogram import HdrHistogram

_PER_MS = 10_000
"""A step of the histogram is a tenth of a microsecond."""

_HIGHEST = 3_600_000 * _PER_MS
_DIGITS = 3
_LONGEST_TEXT = 500_000
_UNREADABLE = (
    HdrCookieException, HdrHistogramSettingsException, HdrLengthException, zlib.error,
    ValueError, TypeError, IndexError, OverflowError,
)  # fmt: skip


class Times:
    """How often which time was measured, in milliseconds. Each is known to 0.1 %; longer than an hour is an hour."""

    def __init__(self) -> None:
        self._histogram = HdrHistogram(1, _HIGHEST, _DIGITS)

    def record(self, ms: float) -> None:
        """Count one measured time."""
        self._histogram.record_value(min(max(round(ms * _PER_MS), 1), _HIGHEST))

    @property
    def count(self) -> int:
        """How many were measured."""
        return int(self._histogram.get_total_count())

    def percentile(self, percent: float) -> float:
        """The time that ``percent`` of those measured do not exceed. There must be one."""
        return float(self._histogram.get_value_at_percentile(percent)) / _PER_MS

    @property
    def highest(self) -> float:
        """The longest time. There must be one."""
        return float(self._histogram.get_max_value()) / _PER_MS

    def buckets(self) -> Iterator[tuple[float, int]]:
        """Each time that was measured, rising, and how often; times that differ by less than 0.1 % are one."""
        for step in self._histogram.get_recorded_iterator():
            yield step.value_iterated_to / _PER_MS, step.count_added_in_this_iter_step

    @property
    def text(self) -> str:
        """All of it in HdrHistogram's compressed form, base64; empty when nothing was measured."""
        return self._histogram.encode().decode("ascii") if self.count else ""


def read_times(text: str) -> Times:
    """What ``Times.text`` wrote. Raises ValueError for anything else."""
    times = Times()
    if not text:
        return times
    if len(text) > _LONGEST_TEXT:
        raise ValueError("a histogram that is longer than any can be")
    try:
        times._histogram.decode_and_add(text)  # noqa: SLF001 - the reader of its own class
    except _UNREADABLE as error:
        raise ValueError(f"a histogram that cannot be read: {error}") from error
    return times
