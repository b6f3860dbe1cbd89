"""Durations, sizes, shares and conditions as people write them in a file of rules: ``10 min``, ``> 5 GB``, ``< 90 %``.

Every observation has a unit, so that a file of rules can be checked before anything was observed.
"""

import operator
import re
from collections.abc import Callable

import msgspec

from pgclinic.model.evidence import Unit

_NUMBER = re.compile(r"(-?\d[\d_]*(?:\.\d+)?)\s*([A-Za-z%]*)\Z")
_CONDITION = re.compile(r"\s*(>=|<=|>|<)\s*(.+?)\s*\Z")
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_SECONDS = {"ms": 0.001, "s": 1, "min": 60, "h": 3_600, "d": 86_400}
_BYTES = {"B": 1, "kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}
_COUNTS = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}
_SHORTEST = 60
"""Seconds of a past."""
_SCALES: dict[Unit, dict[str, float]] = {
    Unit.MILLISECONDS: {unit: 1_000 * seconds for unit, seconds in _SECONDS.items()},
    Unit.SECONDS: dict(_SECONDS),
    Unit.BYTES: dict(_BYTES),
    Unit.RATIO: {"": 1, "%": 0.01},
    Unit.TIMES: {"": 1, "x": 1},
    Unit.COUNT: _COUNTS,
}


class UnfitTextError(ValueError):
    """What was written is no such quantity; the message says what would be."""


class Condition(msgspec.Struct, frozen=True):
    """A comparison with a threshold, in the unit of what is compared."""

    comparison: str
    threshold: float

    def holds(self, value: float) -> bool:
        """Whether it is so."""
        return _COMPARISONS[self.comparison](value, self.threshold)

    @property
    def is_above(self) -> bool:
        """Whether large values are meant."""
        return self.comparison.startswith(">")


def seconds(text: str) -> float:
    """A duration. Raises UnfitTextError."""
    found = quantity(text, Unit.SECONDS)
    if found < 0:
        raise UnfitTextError("a duration such as '5 min'")
    return found


def span(text: str) -> float:
    """A duration of some length. Raises UnfitTextError."""
    found = seconds(text)
    if found < _SHORTEST:
        raise UnfitTextError(f"at least {_SHORTEST} s")
    return found


def condition(text: str, unit: Unit) -> Condition:
    """A condition such as ``> 50 ms``. Raises UnfitTextError."""
    match = _CONDITION.match(text)
    if match is None:
        raise UnfitTextError(f"a comparison (>, >=, <, <=) and a value, such as {example(unit)!r}")
    return Condition(match[1], quantity(match[2], unit, wanted=f"a value such as {example(unit)!r}"))


def quantity(text: str, unit: Unit, *, wanted: str = "") -> float:
    """A number with one of the unit's names, in that unit. Raises UnfitTextError."""
    scale = _SCALES[unit]
    match = _NUMBER.match(text.strip())
    if match is None or match[2] not in scale:
        names = ", ".join(name for name in scale if name)
        raise UnfitTextError(f"{wanted or 'a number'} ({'with ' if '' not in scale else 'plain or with '}{names})")
    return float(match[1].replace("_", "")) * scale[match[2]]


def example(unit: Unit) -> str:
    """How a condition of this unit is written."""
    return {
        Unit.MILLISECONDS: "> 50 ms",
        Unit.SECONDS: "> 5 min",
        Unit.BYTES: "> 1 GB",
        Unit.RATIO: "> 90 %",
        Unit.TIMES: "> 2",
    }.get(unit, "> 10")
