"""Create a function that runs with the rights of whoever calls it and looks names up in fixed schemas."""

from collections.abc import Collection

import msgspec

from pgclinic.model.names import RelationName
from pgclinic.model.prescription import Remedy, Statement
from pgclinic.sql import quote

_LONGEST_NAME = 63
"""Bytes that PostgreSQL keeps of a name (NAMEDATALEN - 1)."""


class FunctionDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A function that does not exist yet. ``arguments`` are unquoted names with types as SQL; ``returns`` is SQL.

    ``search_path`` are unquoted names of schemas, in order; temporary tables are looked up last.
    """

    name: RelationName
    arguments: tuple[tuple[str, str], ...]
    returns: str
    body: str
    search_path: tuple[str, ...]
    language: str = "plpgsql"
    volatility: str = "volatile"

    @property
    def signature(self) -> str:
        """The function as DROP FUNCTION names it."""
        return f"{quote.relation(self.name)}({', '.join(type_ for _, type_ in self.arguments)})"

    @property
    def sql(self) -> str:
        """The statement that creates it."""
        arguments = ", ".join(f"{quote.identifier(name)} {type_}" for name, type_ in self.arguments)
        path = ", ".join(map(quote.identifier, (*self.search_path, "pg_temp")))
        return "\n".join((
            f"create function {quote.relation(self.name)}({arguments}) returns {self.returns}",
            f"language {self.language} {self.volatility} security invoker",
            f"set search_path = {path}",
            f"as {quote.dollars(self.body)}",
        ))  # fmt: skip


def remedy(definition: FunctionDefinition) -> Remedy:
    """Create it; the way back drops it. A function of the same name and arguments makes it fail."""
    return Remedy(
        kind="create_function",
        do=(Statement(sql=definition.sql),),
        undo=(Statement(sql=f"drop function {definition.signature}"),),
        verify=f"select pg_catalog.to_regprocedure({quote.literal(definition.signature)}) is not null",
    )


def free_name(stem: str, taken: Collection[str]) -> str:
    """``stem``, cut to what PostgreSQL keeps of a name, and numbered when it is among ``taken``."""
    number = 0
    while True:
        ending = str(number) if number else ""
        name = stem.encode()[: _LONGEST_NAME - len(ending)].decode(errors="ignore") + ending
        if name not in taken:
            return name
        number += 1 + (number == 0)
