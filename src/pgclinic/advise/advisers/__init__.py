"""The advisers: one kind of cure a file. The folder is the registry, a file's stem is the adviser's name everywhere.

An adviser module has a docstring (what it finds, how it is confirmed, what it prescribes) and
``advise(case: Case) -> Iterator[Progress | Prescription | Declined]``. Where there is nothing to cure it yields
nothing. What several files need for one adviser is in a folder of ``advise/`` beside this one.
"""

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module

from pgclinic.advise.case import Case
from pgclinic.model.prescription import Declined, Prescription
from pgclinic.model.progress import Progress


@cache
def names() -> tuple[str, ...]:
    """Every adviser's name, in alphabetical order, without importing any."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def advise(name: str, case: Case) -> Iterator[Progress | Prescription | Declined]:
    """What one adviser has to say about a case. Raises KeyError for a name that is not in the folder."""
    if name not in names():
        raise KeyError(name)
    events: Iterator[Progress | Prescription | Declined] = import_module(f"{__name__}.{name}").advise(case)
    return events
