"""Which relations and functions a statement or an expression names."""

import re

import msgspec
from google.protobuf.message import Message

from pgclinic.sql.statements import parsed
from pgclinic.sql.tree import Tree, strings

_WORD = re.compile(r"\w+")
_QUOTED = re.compile(r'"((?:[^"]|"")+)"')


class Mentions(msgspec.Struct, frozen=True):
    """Relations as (schema or empty, name), functions by their bare names; WITH queries look like relations.

    ``queries`` are the names of WITH queries.
    """

    relations: frozenset[tuple[str, str]]
    functions: frozenset[str]
    queries: frozenset[str] = frozenset()


def mentions(sql: str) -> Mentions:
    """Everything named anywhere in a statement. Raises UnreadableSqlError for what is not SQL."""
    relations: set[tuple[str, str]] = set()
    functions: set[str] = set()
    queries: set[str] = set()
    pending: list[Tree] = [parsed(sql)]
    while pending:
        message = pending.pop()
        match message.DESCRIPTOR.name:
            case "RangeVar":
                relations.add((message.schemaname, message.relname))
            case "CommonTableExpr":
                queries.add(message.ctename)
            case "FuncCall":
                functions.update(strings(message.funcname)[-1:])
        for field, value in message.ListFields():
            if field.type == field.TYPE_MESSAGE:
                pending.extend([value] if isinstance(value, Message) else value)
    return Mentions(frozenset(relations), frozenset(functions), frozenset(queries))


def words(text: str) -> frozenset[str]:
    """Every name that could stand in a text of any language: its words, and what is between double quotes."""
    quoted = (name.replace('""', '"') for name in _QUOTED.findall(text))
    return frozenset(_WORD.findall(text)) | frozenset(quoted)
