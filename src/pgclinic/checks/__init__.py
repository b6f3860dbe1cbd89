"""The checks: one illness a file. The folder is the registry, a file's stem is the check's name everywhere.

A check module has a docstring (its page of the documentation), ``FAMILY`` (which category of the grade it weighs
in), ``NEEDS`` (the probes whose records it reads) and ``examine(snapshot, *, thresholds…) -> Iterator[Finding]``. It
may have ``needs_values(snapshot)``: whether it cannot judge a snapshot without values, such as bounds and literals.
With ``IS_PLANNED`` it judges what only a planner knows: its ``examine`` takes the adviser's course as well.
"""

import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import msgspec

from pgclinic.model.finding import Finding
from pgclinic.model.snapshot import Snapshot

_OF_RELATIONS = frozenset(
    {
        "column_statistics",
        "columns",
        "constraints",
        "index_sizes",
        "indexes",
        "policies",
        "relation_sizes",
        "table_counters",
        "table_multixacts",
        "toast_tables",
        "tree_levels",
        "triggers",
        "view_definitions",
    }
)
"""Probes whose records belong to relations: without those nothing can be said about them."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A check as its module declares it; the first line of ``documentation`` is the illness in plain words."""

    name: str
    family: str
    needs: tuple[str, ...]
    needs_values: Callable[[Snapshot], bool] = lambda _: False
    is_planned: bool = False
    documentation: str
    examine: Callable[..., Iterator[Finding]]

    @property
    def title(self) -> str:
        """The illness in plain words."""
        return self.documentation.partition("\n")[0]

    @property
    def thresholds(self) -> Mapping[str, Any]:
        """The keyword parameters of ``examine`` with their defaults: what a configuration may set."""
        parameters = inspect.signature(self.examine).parameters.values()
        return {one.name: one.default for one in parameters if one.kind is one.KEYWORD_ONLY}

    def unmet(self, snapshot: Snapshot) -> str | None:
        """What this check needs and the snapshot does not hold, a probe or ``values``; None when it can judge."""
        implied: tuple[str, ...] = ("relations",) if _OF_RELATIONS.intersection(self.needs) else ()
        for need in self.needs + implied:
            if not snapshot.sees(need) or (need == "statements" and not snapshot.statements):
                return need
        return "values" if "values" in snapshot.header.redactions and self.needs_values(snapshot) else None


@cache
def names() -> tuple[str, ...]:
    """Every check's name, in alphabetical order, without importing any."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


@cache
def load(name: str) -> Check:
    """One check. Raises KeyError for a name that is not in the folder."""
    if name not in names():
        raise KeyError(name)
    module = import_module(f"{__name__}.{name}")
    return Check(
        name=name,
        family=module.FAMILY,
        needs=module.NEEDS,
        needs_values=getattr(module, "needs_values", lambda _: False),
        is_planned=getattr(module, "IS_PLANNED", False),
        documentation=inspect.cleandoc(module.__doc__ or ""),
        examine=module.examine,
    )
