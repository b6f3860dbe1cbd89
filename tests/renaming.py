"""A snapshot with every table, column and index renamed, in records and inside every SQL text."""

import hashlib
from collections.abc import Iterable

import msgspec
import postgast

from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot

_NAMES = frozenset({"schema", "kind", "owner", "role", "language", "volatility", "type", "method"})


def renamed(snapshot: Snapshot) -> tuple[Snapshot, dict[str, str]]:
    """The renamed snapshot, and the new names by the old ones. Names of functions, types and roles stay."""
    old = {relation.name for relation in snapshot.relations} | {column.name for column in snapshot.columns}
    old |= {index.name for index in snapshot.indexes} | {constraint.name for constraint in snapshot.constraints}
    keep = {function.name for function in snapshot.functions} | {"public", "auth", "date"}
    names = {name: "n" + hashlib.sha256(name.encode()).hexdigest()[:12] for name in sorted(old - keep)}
    built = msgspec.to_builtins(snapshot, enc_hook=None)
    return msgspec.convert(_renamed(built, names), Snapshot), names


def _renamed(value: object, names: dict[str, str]) -> object:
    match value:
        case dict():
            return {key: item if key in _NAMES else _renamed(item, names) for key, item in value.items()}
        case list() | tuple():
            return [_renamed(item, names) for item in value]
        case str() if value in names:
            return names[value]
        case str() if " " in value or "(" in value:
            return _in_sql(value, names)
    return value


def _in_sql(text: str, names: dict[str, str]) -> str:
    """Replace whole identifier tokens; texts that do not scan as SQL stay."""
    try:
        tokens = postgast.scan(text).tokens
    except postgast.PgQueryError:
        return text
    encoded, pieces, end = text.encode(), [], 0
    for token in tokens:
        word = encoded[token.start : token.end].decode()
        bare = word.strip('"')
        if bare in names and not word.startswith("'"):
            pieces += [encoded[end : token.start].decode(), names[bare]]
            end = token.end
    return "".join([*pieces, encoded[end:].decode()])


def renamed_definitions(definitions: Iterable[IndexDefinition], names: dict[str, str]) -> list[IndexDefinition]:
    """The same index definitions under the new names."""
    return [
        msgspec.structs.replace(
            definition,
            relation=RelationName(definition.relation.schema, names[definition.relation.name]),
            keys=tuple(
                msgspec.structs.replace(key, expression=names.get(key.expression, key.expression))
                for key in definition.keys
            ),
            include=tuple(names.get(column, column) for column in definition.include),
        )
        for definition in definitions
    ]
