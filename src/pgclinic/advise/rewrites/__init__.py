"""Statements written otherwise: one rewrite a file, and the folder is the registry.

A rewrite has a docstring (what it turns into what, and why the rows are the same) and ``rewrite(query) -> Rewritten |
None``. It demands from the snapshot whatever the equality rests on, and says nothing of costs: the planner decides.
"""

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module

import msgspec

from pgclinic.model.catalog import Column, IndexDefinition
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.rewriting import OpenSelect, open_select


class Query(msgspec.Struct, frozen=True):
    """A SELECT with ``$n`` as ``role`` runs it. ``constants`` are parameters that had one value whenever seen."""

    sql: str
    role: str
    snapshot: Snapshot
    constants: tuple[tuple[int, str | None], ...] = ()

    def opened(self) -> OpenSelect | None:
        """A copy to be changed. Raises UnreadableSqlError."""
        return open_select(self.sql, resolver_of(self.snapshot, self.role))

    def column(self, relation: RelationName, name: str) -> Column | None:
        """A column as the catalog has it."""
        table = self.snapshot.relation_by_name.get(relation)
        columns = self.snapshot.columns_of.get(table.oid, ()) if table else ()
        return next((each for each in columns if each.name == name), None)


class Rewritten(msgspec.Struct, frozen=True, kw_only=True):
    """The statement written otherwise, with the same parameters. ``index`` is what it can be searched by, if any.

    ``change`` says in English what became of what; ``sameness`` why the rows are the same.
    """

    sql: str
    change: str
    sameness: str
    index: IndexDefinition | None = None


@cache
def names() -> tuple[str, ...]:
    """Every rewrite's name, in alphabetical order."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def rewrites_of(query: Query) -> Iterator[tuple[str, Rewritten]]:
    """What each rewrite makes of a query."""
    for name in names():
        try:
            found: Rewritten | None = import_module(f"{__name__}.{name}").rewrite(query)
        except ValueError:  # unreadable, or with a name that no object can have
            continue
        if found is not None:
            yield name, found
