"""Stand-ins for types that this PostgreSQL lacks, most often an extension's: domains over text of the same name.

What is made of such a type, a domain, a composite, a function, can then be made, and its tables planned. Pure.
"""

import re
from collections.abc import Iterator

from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql import quote
from pgclinic.twin.schema import Piece

_FIELD = re.compile(r'(?:"(?:[^"]|"")*"|\S+) (?P<type>.+)', re.DOTALL)
_REBUILT_KINDS = frozenset("edcr")


def types_needed(snapshot: Snapshot) -> frozenset[str]:
    """The types that columns, domains and composites are made of, without modifiers and array bounds.

    Left out are the user's own that are rebuilt as they are.
    """
    names = [column.type for column in snapshot.columns]
    for each in snapshot.types:
        names += [each.base_type] if each.base_type else []
        names += [found["type"] for found in map(_FIELD.fullmatch, each.fields) if found]
    return frozenset(map(_bare, names)) - frozenset(_rebuilt(snapshot))


def stand_in_for(name: str) -> Piece:
    """A domain of this name, as the server writes it."""
    return Piece(f"type {name}", (f"create domain {name} as pg_catalog.text",))


def _bare(name: str) -> str:
    return name.partition("(")[0].partition("[")[0].strip()


def _rebuilt(snapshot: Snapshot) -> Iterator[str]:
    for each in snapshot.types:
        if each.kind in _REBUILT_KINDS and each.schema and each.name:
            yield quote.relation(RelationName(each.schema, each.name))
