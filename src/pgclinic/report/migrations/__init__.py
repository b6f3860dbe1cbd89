"""A course as migrations of other tools, one tool a file: the folder is the registry, the stem the tool's name.

A module has a docstring (how the tool is told what must not be in a transaction, and what is left to its user) and
``files(course) -> Iterator[tuple[str, str]]``: paths below the tool's folder with their texts, in order.
"""

import inspect
import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from pgclinic.model.prescription import Course


@cache
def names() -> tuple[str, ...]:
    """Every tool's name, in alphabetical order, without importing any."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def about(name: str) -> str:
    """What the tool's user has to know: the module's docstring."""
    return inspect.cleandoc(import_module(f"{__name__}.{name}").__doc__ or "") + "\n"


def files(name: str, course: Course) -> Mapping[str, str]:
    """What is to be written for a tool, by path. Raises KeyError for a name that is not in the folder."""
    if name not in names():
        raise KeyError(name)
    return dict(import_module(f"{__name__}.{name}").files(course))
