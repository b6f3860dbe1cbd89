"""Whether measured times differ by more than chance, and by how much.

Intervals are bootstrap intervals of the ratio of two percentiles. A percentile is an order statistic, whose bootstrap
distribution needs no resampling: position k of n resampled times lies at a beta(k, n - k + 1) share of the measured
ones (Efron, "Bootstrap methods", Annals of Statistics 7, 1979, section 3). Few samples make the bootstrap too sure of
itself: below fifty a median's difference must also stand against Welch's t test on the logarithms, and a higher
percentile needs ten samples beyond it. Holm's correction ("A simple sequentially rejective multiple test procedure",
Scandinavian Journal of Statistics 6, 1979) bounds the chance of any false alarm over all tests together.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from pgclinic.grading.tails import beta_below, student_beyond
from pgclinic.model.proof import Effect, Verdict
from pgclinic.workload.latencies import SAMPLES_NEEDED
from pgclinic.workload.times import Times

FALSE_ALARMS = 0.01
PRACTICAL = 1.05

_BEYOND = 10
"""Samples beyond a higher percentile that a verdict on it needs, on both sides."""

_MANY = 50
"""Samples of which the bootstrap alone is sure enough about a median."""

_POINTS = 60
"""By which a distribution is represented where two are divided by each other."""

_LOW, _HIGH = 0.025, 0.975
_MEDIAN = 50
_REACH = 9
"""Standard deviations around a percentile's position beyond which no resampling finds it."""

_Chance = tuple[float, float]
"""A time, and the chance that it is the percentile of a resampling."""

_ROUNDING = 1e-7
"""Variance of a logarithm that the histogram's steps of 0.1 % alone may hide."""


class Spread(msgspec.Struct, frozen=True):
    """A histogram ready for questions: rising times in milliseconds, and how many were at most each of them."""

    values: tuple[float, ...]
    up_to: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many times were measured."""
        return self.up_to[-1] if self.up_to else 0

    def position(self, percent: int) -> int:
        """Which of the sorted times the percentile is, by nearest rank, from 1."""
        return max(1, math.ceil(self.count * percent / 100))

    def at(self, position: int) -> float:
        """The time at a position from 1."""
        return self.values[bisect_left(self.up_to, position)]


def spread(times: Times) -> Spread:
    """The distribution that a histogram holds."""
    values: list[float] = []
    up_to: list[int] = []
    total = 0
    for value, count in times.buckets():
        total += count
        values.append(value)
        up_to.append(total)
    return Spread(tuple(values), tuple(up_to))


def effects(pairs: Mapping[str, tuple[Spread, Spread]]) -> Mapping[str, tuple[Effect, ...]]:
    """What became of each named pair (before, after): an Effect for every percentile that both have samples for.

    All of them are one family of tests.
    """
    tested = {
        (name, percent): _effect(before, after, percent)
        for name, (before, after) in pairs.items()
        for percent, needed in SAMPLES_NEEDED.items()
        if min(before.count, after.count) >= needed
    }
    judged = [key for key, effect in tested.items() if effect.verdict is not Verdict.TOO_FEW]
    for key, corrected in zip(judged, holm([tested[key].p_value for key in judged]), strict=True):
        tested[key] = _judged(tested[key], corrected)
    return {name: tuple(effect for (of, _), effect in tested.items() if of == name) for name in pairs}


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected for their number, in their own order."""
    rising = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected = [1.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(rising):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return corrected


def _judged(effect: Effect, p_value: float) -> Effect:
    verdict = Verdict.NO_DIFFERENCE
    if p_value < FALSE_ALARMS and effect.times_faster >= PRACTICAL:
        verdict = Verdict.FASTER
    elif p_value < FALSE_ALARMS and effect.times_faster <= 1 / PRACTICAL:
        verdict = Verdict.SLOWER
    return msgspec.structs.replace(effect, p_value=p_value, verdict=verdict)


def _effect(before: Spread, after: Spread, percent: int) -> Effect:
    """Not yet corrected for other tests, so without a verdict but for TOO_FEW."""
    earlier, later = tuple(_chances(before, percent)), tuple(_chances(after, percent))
    low, high = _interval(earlier, later)
    beyond = min(before.count - before.position(percent), after.count - after.position(percent))
    is_judged = percent == _MEDIAN or beyond >= _BEYOND
    p_value = _turned_round(earlier, later) if is_judged else 1.0
    if percent == _MEDIAN and min(before.count, after.count) < _MANY:
        p_value = max(p_value, _welch(before, after))
    return Effect(
        percentile=percent,
        times_faster=before.at(before.position(percent)) / after.at(after.position(percent)),
        low=low,
        high=high,
        p_value=p_value,
        verdict=Verdict.NO_DIFFERENCE if is_judged else Verdict.TOO_FEW,
    )


def _interval(earlier: Sequence[_Chance], later: Sequence[_Chance]) -> tuple[float, float]:
    """Where 95 % of the ratios of two resamplings lie."""
    ratios = sorted(one / other for one in _equally_likely(earlier) for other in _equally_likely(later))
    return ratios[int(_LOW * len(ratios))], ratios[math.ceil(_HIGH * len(ratios)) - 1]


def _equally_likely(chances: Sequence[_Chance]) -> list[float]:
    """The distribution as so many values of the same chance."""
    points: list[float] = []
    below = 0.0
    for value, chance in chances:
        below += chance
        while len(points) < _POINTS and (len(points) + 0.5) / _POINTS <= below:
            points.append(value)
    return points + [chances[-1][0]] * (_POINTS - len(points))


def _turned_round(earlier: Sequence[_Chance], later: Sequence[_Chance]) -> float:
    """Twice the smaller chance that resampling turns the order of the two percentiles round."""
    chances_before, chances_after = dict(earlier), dict(later)
    no_faster = no_slower = below_before = below_after = 0.0
    for value in sorted({*chances_before, *chances_after}):
        here_before, here_after = chances_before.get(value, 0.0), chances_after.get(value, 0.0)
        no_faster += here_after * (below_before + here_before)
        no_slower += here_before * (below_after + here_after)
        below_before += here_before
        below_after += here_after
    return min(1.0, 2 * min(no_faster, no_slower))


def _chances(times: Spread, percent: int) -> Iterable[_Chance]:
    """Each time, and the chance that it is the percentile of a resampling; those that never are stay out."""
    position = times.position(percent)
    reach = _REACH * (1 + math.sqrt(position * (times.count - position) / times.count))
    first = bisect_left(times.up_to, position - reach)
    last = bisect_left(times.up_to, position + reach) + 1
    below = 0.0
    for value, up_to in zip(times.values[first:last], times.up_to[first:last], strict=True):
        reached = beta_below(up_to / times.count, position, times.count - position + 1)
        yield value, reached - below
        below = reached


def _welch(before: Spread, after: Spread) -> float:
    """Welch's test on the logarithms of the times: whether they are of one size."""
    (mean, error, freedom), (other, other_error, other_freedom) = _of_logarithms(before), _of_logarithms(after)
    total = error + other_error
    together = total**2 / (error**2 / freedom + other_error**2 / other_freedom)
    return student_beyond((mean - other) / math.sqrt(total), together)


def _of_logarithms(times: Spread) -> tuple[float, float, int]:
    """Mean, squared standard error and degrees of freedom."""
    counts = [up_to - before for up_to, before in zip(times.up_to, (0, *times.up_to), strict=False)]
    logarithms = [math.log(value) for value in times.values]
    mean = sum(one * many for one, many in zip(logarithms, counts, strict=True)) / times.count
    squares = sum((one - mean) ** 2 * many for one, many in zip(logarithms, counts, strict=True))
    return mean, (squares / (times.count - 1) + _ROUNDING) / times.count, times.count - 1
