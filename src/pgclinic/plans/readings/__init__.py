"""What can be read out of a plan: one rule a file. The folder is the registry, a file's stem is the reading's name.

A module has a docstring (its page of the documentation) and ``examine(plan, *, thresholds…) -> Iterator[Reading]``.
"""

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module

import msgspec

from pgclinic.model.plan_reading import Reading
from pgclinic.plans.view import PlanView


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A reading as its module declares it."""

    name: str
    documentation: str
    examine: Callable[..., Iterator[Reading]]


@cache
def names() -> tuple[str, ...]:
    """Every reading's name, in alphabetical order."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


@cache
def load(name: str) -> Rule:
    """One reading. Raises KeyError for a name that is not in the folder."""
    if name not in names():
        raise KeyError(name)
    module = import_module(f"{__name__}.{name}")
    return Rule(name=name, documentation=inspect.cleandoc(module.__doc__ or ""), examine=module.examine)


def readings_of(plan: PlanView) -> tuple[Reading, ...]:
    """What every rule has to say, what weighs most first."""
    found = [reading for name in names() for reading in load(name).examine(plan)]
    return tuple(sorted(found, key=_worst_first))


def _worst_first(reading: Reading) -> tuple[int, float, int, str]:
    return -reading.severity, -(reading.share or 0.0), reading.step, reading.reading
