"""What speaks against a migration: one rule a file. The folder is the registry, a file's stem is the rule's name.

A rule module has a docstring (its first line is what is wrong, in plain words; then *What it sees*, *Why it matters*,
*What to do*) and ``examine(migration, *, thresholds…) -> Iterator[Objection]``. It is pure: the parse tree of each
statement, the schema before and after it, and what a private server did with it are in the migration.
"""

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module

import msgspec

from pgclinic.model.review import Migration, Objection


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as its module declares it."""

    name: str
    documentation: str
    examine: Callable[..., Iterator[Objection]]

    @property
    def title(self) -> str:
        """What is wrong, in plain words."""
        return self.documentation.partition("\n")[0]


@cache
def names() -> tuple[str, ...]:
    """Every rule's name, in alphabetical order, without importing any."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg))


@cache
def load(name: str) -> Rule:
    """One rule. Raises KeyError for a name that is not in the folder."""
    if name not in names():
        raise KeyError(name)
    module = import_module(f"{__name__}.{name}")
    return Rule(name=name, documentation=inspect.cleandoc(module.__doc__ or ""), examine=module.examine)


def examined(migration: Migration) -> Iterator[Objection]:
    """What all rules object to, in the order of the statements."""
    found = [objection for name in names() for objection in load(name).examine(migration)]
    ignored = {step.statement.place: step.statement.ignores for step in migration.steps}
    yield from sorted(
        (each for each in found if each.finding.check not in ignored.get(each.place, ())),
        key=lambda each: (_position(migration, each), -each.finding.severity, each.finding.check),
    )


def _position(migration: Migration, objection: Objection) -> int:
    return next(
        (number for number, step in enumerate(migration.steps) if step.statement.place == objection.place),
        len(migration.steps),
    )
