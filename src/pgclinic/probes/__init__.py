"""Questions to the catalogs, one a file. The folder is the registry: a module with a ``query`` is a probe.

A probe has a docstring that says its question, ``RECORD``, the noun that its rows become (columns are aliased with
the record's field names, nulls stand for a field's default), and ``query(capabilities)``, which gives the Query for
what this server has, the BlindSpot that says why it cannot be asked, or None when there is nothing to ask.

Optional are ``examined(rows, capabilities)`` for rows that must be judged before they are kept, ``ROW`` where these
rows are no records yet, and ``SUPPLEMENTS = True`` where the rows fill fields of records that another probe found,
matched by ``oid``: costly or fragile columns are asked for apart, so that their failure takes nothing along.
``WATCHING = True`` marks what only watching asks, every few seconds, and a visit asks better.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import msgspec

from pgclinic.model.finding import BlindSpot
from pgclinic.model.snapshot import Record
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query


class Probe(msgspec.Struct, frozen=True):
    """One question: what it is called, what its rows become, and how it is asked."""

    name: str
    record: type[Record]
    row: type[msgspec.Struct]
    query: Callable[[Capabilities], Query | BlindSpot | None]
    examined: Callable[[Iterable[Any], Capabilities], Iterable[Record]]
    supplements: bool = False
    is_of_watching: bool = False


@cache
def probes() -> tuple[Probe, ...]:
    """Every probe of this folder, in order of their names."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = {name: importlib.import_module(f"{__name__}.{name}") for name in names}
    return tuple(
        Probe(
            name=name,
            record=module.RECORD,
            row=getattr(module, "ROW", module.RECORD),
            query=module.query,
            examined=getattr(module, "examined", _as_they_are),
            supplements=getattr(module, "SUPPLEMENTS", False),
            is_of_watching=getattr(module, "WATCHING", False),
        )
        for name, module in modules.items()
        if hasattr(module, "query")
    )


def _as_they_are(records: Iterable[Record], capabilities: Capabilities) -> Iterable[Record]:  # noqa: ARG001 - a probe's
    return records
