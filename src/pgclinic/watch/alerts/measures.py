"""What rules look at: figures as they are, their change, how they stand to their own past, how long they will last.

A series keeps at most ``_BUCKETS`` means of what it saw during a rule's ``over``, so that a month of watching costs no
more memory than a day of it.
"""

from collections import OrderedDict
from collections.abc import Mapping
from statistics import median

from pgclinic.model.clock import position
from pgclinic.watch.alerts.rules import Rule, View

_BUCKETS = 96
_MOST_OBJECTS = 500
"""Of one rule on one target; who was not seen the longest is forgotten."""
_FEWEST = 12
"""Values before a past is one, and means before a line is drawn."""
_PART = 0.25
"""The part of ``over`` that a line has to cover."""
_NEVER = 100 * 365 * 86_400.0
"""Seconds: what does not shrink lasts."""


class Series:
    """The means of one figure of one object, the oldest first; times in seconds from 1970."""

    def __init__(self, over: float) -> None:
        self._over = over
        self._width = over / _BUCKETS
        self._buckets: OrderedDict[int, tuple[float, float, int]] = OrderedDict()

    def add(self, at: float, value: float) -> None:
        """Take in a value; those older than the span are dropped, and those later than now, which no clock shows."""
        number = int(at // self._width)
        _, total, count = self._buckets.get(number, (at, 0.0, 0))
        self._buckets[number] = (at, total + value, count + 1)
        for old in [each for each in self._buckets if each > number or each < number - _BUCKETS]:
            del self._buckets[old]

    def points(self) -> list[tuple[float, float]]:
        """Time and mean of each bucket."""
        return [(at, total / count) for at, total, count in self._buckets.values()]

    def median(self) -> float | None:
        """The median of the means; None for too few values."""
        if sum(count for _, _, count in self._buckets.values()) < _FEWEST:
            return None
        return median(mean for _, mean in self.points())

    def first(self) -> float | None:
        """The oldest mean."""
        points = self.points()
        return points[0][1] if points else None

    def seconds_to_zero(self, value: float) -> float | None:
        """When the straight line through the points (least squares) meets zero; None where there is no line yet."""
        points = self.points()
        if len(points) < _FEWEST or points[-1][0] - points[0][0] < _PART * self._over:
            return None
        middle = sum(when for when, _ in points) / len(points)
        mean = sum(what for _, what in points) / len(points)
        spread = sum((when - middle) ** 2 for when, _ in points)
        slope = sum((when - middle) * (what - mean) for when, what in points) / spread
        if slope >= 0:
            return _NEVER
        return min(_NEVER, max(0.0, -value / slope))


class Measures:
    """The pasts of everything that rules look at on one target."""

    def __init__(self) -> None:
        self._series: dict[str, OrderedDict[str, Series]] = {}

    def learn(self, rule: Rule, about: str, at: str, value: float) -> None:
        """Take in a value of the past, without judging it."""
        self._of(rule, about).add(position(at), value)

    def measured(
        self, rule: Rule, at: str, values: Mapping[str, float | None], standing: frozenset[str]
    ) -> dict[str, float | None]:
        """By object, the figure that the rule compares; None where it cannot be had yet.

        To the past of what fires or is ``standing`` nothing is added: no illness is to become the measure of health.
        """
        if rule.view is View.VALUE:
            return {about: _large_enough(rule, value) for about, value in values.items()}
        return {about: self._seen(rule, about, at, value, about in standing) for about, value in values.items()}

    def _seen(self, rule: Rule, about: str, at: str, value: float | None, is_standing: bool) -> float | None:  # noqa: FBT001
        if value is None:
            return None
        series, now = self._of(rule, about), position(at)
        if rule.view is View.TIMES_PAST:
            usual = series.median()
            times = value / usual if usual else None
            if times is None or not (is_standing or rule.fires.holds(times)):
                series.add(now, value)
            is_small = rule.at_least is not None and value < rule.at_least
            return 0.0 if is_small and times is not None else times
        series.add(now, value)
        if rule.view is View.CHANGE:
            return value - (series.first() or 0.0)
        return series.seconds_to_zero(value)

    def _of(self, rule: Rule, about: str) -> Series:
        known = self._series.setdefault(rule.name, OrderedDict())
        if about not in known:
            known[about] = Series(rule.over)
            if len(known) > _MOST_OBJECTS:
                known.popitem(last=False)
        known.move_to_end(about)
        return known[about]


def _large_enough(rule: Rule, value: float | None) -> float | None:
    if value is None or rule.at_least is None or value >= rule.at_least:
        return value
    return 0.0
