"""How a column's values are spread over time, as far as its statistics tell."""

from bisect import bisect_left
from collections.abc import Sequence

import msgspec

from pgclinic.model.clock import position, written
from pgclinic.model.statistics import ColumnEnds, ColumnStatistics
from pgclinic.sql.arrays import parse_array, write_array

_FEWEST_BOUNDS = 2


class Spread(msgspec.Struct, frozen=True):
    """A column's common values with their frequencies, and the rest as a histogram of equally full bins.

    Values are seconds from 1970. ``rest`` is the share of the rows that the histogram stands for; nulls are in neither.
    """

    common: tuple[tuple[float, str, float], ...]
    bounds: tuple[float, ...]
    rest: float

    @property
    def low(self) -> float:
        """The smallest value."""
        return min([*(value for value, _, _ in self.common), *self.bounds[:1]])

    @property
    def high(self) -> float:
        """The largest value."""
        return max([*(value for value, _, _ in self.common), *self.bounds[-1:]])

    def below(self, value: float) -> float:
        """The share of the rows whose value is smaller."""
        return sum(share for known, _, share in self.common if known < value) + self.rest * self.part_below(value)

    def between(self, low: float, high: float) -> float:
        """The share of the rows from ``low`` to before ``high``."""
        return max(0.0, self.below(high) - self.below(low))

    def part_below(self, value: float) -> float:
        """Of the histogram: within a bin the values are taken to be even, as the planner does."""
        bounds = self.bounds
        if len(bounds) < _FEWEST_BOUNDS or value <= bounds[0]:
            return 0.0
        if value > bounds[-1]:
            return 1.0
        bin_ = bisect_left(bounds, value) - 1
        width = bounds[bin_ + 1] - bounds[bin_]
        return (bin_ + ((value - bounds[bin_]) / width if width else 1.0)) / (len(bounds) - 1)

    def at(self, part: float) -> float:
        """The value below which this part of the histogram lies."""
        place = part * (len(self.bounds) - 1)
        bin_ = min(int(place), len(self.bounds) - 2)
        return self.bounds[bin_] + (place - bin_) * (self.bounds[bin_ + 1] - self.bounds[bin_])


def spread_of(row: ColumnStatistics | None, ends: ColumnEnds | None) -> Spread | None:
    """How the values are spread, out to the ends that were seen; None when that is not known.

    Raises ValueError for a value that is no time, such as infinity.
    """
    if row is None:
        return None
    frequencies = row.most_common_freqs or ()
    values = _texts(row.most_common_vals)
    common = tuple((position(value), value, share) for value, share in zip(values, frequencies, strict=True))
    bounds = [position(bound) for bound in _texts(row.histogram_bounds)]
    if bounds and ends is not None:
        bounds[0] = min(bounds[0], position(ends.low)) if ends.low else bounds[0]
        bounds[-1] = max(bounds[-1], position(ends.high)) if ends.high else bounds[-1]
    if not common and len(bounds) < _FEWEST_BOUNDS:
        return None
    rest = max(0.0, 1.0 - row.null_frac - sum(frequencies)) if bounds else 0.0
    return Spread(common, tuple(bounds), rest)


def narrowed(row: ColumnStatistics, spread: Spread, low: str, high: str) -> ColumnStatistics:
    """The column's statistics of the rows from ``low`` to before ``high``, both days, as ANALYZE would find them."""
    first, end = position(low), position(high)
    share = spread.between(first, end)
    common = [(text, part / share) for value, text, part in spread.common if share and first <= value < end]
    bounds = _bounds_between(spread, first, end)
    return msgspec.structs.replace(
        row,
        most_common_vals=write_array(text for text, _ in common) if common else None,
        most_common_freqs=tuple(min(part, 1.0) for _, part in common) if common else None,
        histogram_bounds=write_array(written(bound) for bound in bounds) if bounds else None,
        n_distinct=row.n_distinct * share if row.n_distinct > 0 else row.n_distinct,
    )


def _bounds_between(spread: Spread, first: float, end: float) -> Sequence[float]:
    """Bounds of equally full bins, as many as lay there before and at least one bin; empty where there are no rows."""
    low, high = spread.part_below(first), spread.part_below(end)
    if high <= low:
        return ()
    bins = max(1, round((high - low) * (len(spread.bounds) - 1)))
    return [spread.at(low + (high - low) * number / bins) for number in range(bins + 1)]


def _texts(array: str | None) -> tuple[str, ...]:
    return tuple(element for element in parse_array(array) if element is not None) if array else ()
