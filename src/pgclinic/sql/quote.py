"""Names and values as SQL, the one place where anything is quoted.

Follows ``quote_ident`` (PostgreSQL's ruleutils.c): plain lower-case names stay bare unless they are keywords that
PostgreSQL would not accept as any identifier. The keyword list is the parser's own, of the newest grammar.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

import postgast

if TYPE_CHECKING:
    from pgclinic.model.catalog import IndexDefinition, IndexKey
    from pgclinic.model.names import RelationName

_BARE = re.compile(r"[a-z_][a-z0-9_]*\Z")
_HARMLESS_KEYWORDS = frozenset({"NO_KEYWORD", "UNRESERVED_KEYWORD"})


@cache
def identifier(name: str) -> str:
    """``name`` as an SQL identifier. Raises ValueError for a name that no PostgreSQL object can have."""
    if not name or "\0" in name:
        raise ValueError(f"not a name that PostgreSQL allows: {name!r}")
    if _BARE.match(name) and _is_harmless(name):
        return name
    return '"' + name.replace('"', '""') + '"'


def _is_harmless(word: str) -> bool:
    token = postgast.scan(word).tokens[0]
    kinds = token.DESCRIPTOR.fields_by_name["keyword_kind"].enum_type.values_by_number
    return kinds[token.keyword_kind].name in _HARMLESS_KEYWORDS


def relation(name: "RelationName") -> str:
    """``schema.name``, both quoted as needed; the schema is always there."""
    return f"{identifier(name.schema)}.{identifier(name.name)}"


def literal(value: str) -> str:
    """``value`` as an SQL string that reads the same whatever ``standard_conforming_strings`` says."""
    if "\0" in value:
        raise ValueError("a PostgreSQL string cannot hold a zero byte")
    escaped = value.replace("'", "''")
    return "E'" + escaped.replace("\\", "\\\\") + "'" if "\\" in value else f"'{escaped}'"


def dollars(body: str) -> str:
    """A function's body between dollar signs, on lines of its own, with a tag that does not stand in it."""
    tag, number = "$$", 0
    while tag in body:
        number += 1
        tag = f"$body{number}$"
    return f"{tag}\n{body}\n{tag}"


def create_index(definition: "IndexDefinition", name: str, *, concurrently: bool = False, only: bool = False) -> str:
    """The CREATE INDEX statement for a definition, without a trailing semicolon.

    PostgreSQL names the index where ``name`` is empty.
    """
    words = ["create", "unique index" if definition.is_unique else "index"]
    if concurrently:
        words.append("concurrently")
    words += [identifier(name), "on"] if name else ["on"]
    if only:
        words.append("only")
    words.append(relation(definition.relation))
    if definition.method != "btree":
        words.append(f"using {identifier(definition.method)}")
    words.append("(" + ", ".join(_index_key(key) for key in definition.keys) + ")")
    if definition.include:
        words.append("include (" + ", ".join(identifier(column) for column in definition.include) + ")")
    if definition.options:
        words.append("with (" + ", ".join(_option(option) for option in definition.options) + ")")
    if definition.predicate:
        words.append(f"where {definition.predicate}")
    return " ".join(words)


def _index_key(key: "IndexKey") -> str:
    words = [identifier(key.expression) if key.is_column else f"({key.expression})"]
    if key.collation:
        words.append(f"collate {key.collation}")
    if key.opclass:
        words.append(key.opclass)
    if key.descending:
        words.append("desc")
    if key.nulls_first != key.descending:
        words.append("nulls first" if key.nulls_first else "nulls last")
    return " ".join(words)


def _option(option: str) -> str:
    name, _, value = option.partition("=")
    return f"{identifier(name)} = {literal(value)}"
