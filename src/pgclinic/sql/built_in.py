"""PostgreSQL's own immutable functions and operators that applications put into conditions, by families of types.

A selection from pg_proc: those that are immutable on every supported version; what is not here counts as not so.
A test asks servers of every version whether each entry is true.
"""

from typing import TypeAlias

Family: TypeAlias = str

_FAMILIES = {
    "text": "text",
    "character varying": "text",
    "character": "text",
    "citext": "text",
    "name": "text",
    "smallint": "number",
    "integer": "number",
    "bigint": "number",
    "numeric": "number",
    "real": "number",
    "double precision": "number",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
}


def family_of(type_name: str) -> Family:
    """The family of a type: ``text``, ``number``, ``timestamp``, ``timestamptz`` or the type's own name."""
    return _FAMILIES.get(type_name, type_name)


_INTEGERS = frozenset({"smallint", "integer", "bigint"})

FUNCTIONS: dict[tuple[str, tuple[Family, ...]], str] = {
    ("lower", ("text",)): "text",
    ("upper", ("text",)): "text",
    ("initcap", ("text",)): "text",
    ("btrim", ("text",)): "text",
    ("btrim", ("text", "text")): "text",
    ("ltrim", ("text",)): "text",
    ("ltrim", ("text", "text")): "text",
    ("rtrim", ("text",)): "text",
    ("rtrim", ("text", "text")): "text",
    ("reverse", ("text",)): "text",
    ("replace", ("text", "text", "text")): "text",
    ("translate", ("text", "text", "text")): "text",
    ("split_part", ("text", "text", "number")): "text",
    ("left", ("text", "number")): "text",
    ("right", ("text", "number")): "text",
    ("substr", ("text", "number")): "text",
    ("substr", ("text", "number", "number")): "text",
    ("substring", ("text", "number")): "text",
    ("substring", ("text", "number", "number")): "text",
    ("substring", ("text", "text")): "text",
    ("regexp_replace", ("text", "text", "text")): "text",
    ("regexp_replace", ("text", "text", "text", "text")): "text",
    ("md5", ("text",)): "text",
    ("length", ("text",)): "integer",
    ("char_length", ("text",)): "integer",
    ("character_length", ("text",)): "integer",
    ("octet_length", ("text",)): "integer",
    ("strpos", ("text", "text")): "integer",
    ("position", ("text", "text")): "integer",
    ("starts_with", ("text", "text")): "boolean",
    ("abs", ("number",)): "same",
    ("mod", ("number", "number")): "same",
    ("ceil", ("number",)): "same",
    ("floor", ("number",)): "same",
    ("round", ("number",)): "same",
    ("round", ("number", "number")): "numeric",
    ("trunc", ("number",)): "same",
    ("date", ("timestamp",)): "date",
    ("date_trunc", ("text", "timestamp")): "timestamp without time zone",
    ("date_part", ("text", "timestamp")): "double precision",
    ("date_part", ("text", "date")): "double precision",
    ("extract", ("text", "timestamp")): "numeric",
    ("extract", ("text", "date")): "numeric",
    ("timezone", ("text", "timestamptz")): "timestamp without time zone",
    ("timezone", ("text", "timestamp")): "timestamp with time zone",
    ("to_tsvector", ("regconfig", "text")): "tsvector",
    ("to_tsvector", ("regconfig", "jsonb")): "tsvector",
    ("setweight", ("tsvector", "text")): "tsvector",
    ("jsonb_extract_path_text", ("jsonb", "text")): "text",
    ("jsonb_extract_path", ("jsonb", "text")): "jsonb",
    ("jsonb_array_length", ("jsonb",)): "integer",
    ("jsonb_typeof", ("jsonb",)): "text",
    ("md5", ("bytea",)): "text",
    ("length", ("bytea",)): "integer",
    ("isfinite", ("timestamp",)): "boolean",
}
"""Result types by name and argument families; ``same`` is the first argument's."""

OPERATORS: dict[tuple[Family, str, Family], str] = {
    ("text", "||", "text"): "text",
    ("tsvector", "||", "tsvector"): "tsvector",
    ("jsonb", "->", "text"): "jsonb",
    ("jsonb", "->", "number"): "jsonb",
    ("jsonb", "->>", "text"): "text",
    ("jsonb", "->>", "number"): "text",
    ("jsonb", "#>", "text[]"): "jsonb",
    ("jsonb", "#>>", "text[]"): "text",
    ("jsonb", "@>", "jsonb"): "boolean",
    ("jsonb", "?", "text"): "boolean",
    ("json", "->", "text"): "json",
    ("json", "->", "number"): "json",
    ("json", "->>", "text"): "text",
    ("json", "->>", "number"): "text",
    ("json", "#>>", "text[]"): "text",
    ("hstore", "->", "text"): "text",
    ("number", "+", "number"): "same",
    ("number", "-", "number"): "same",
    ("number", "*", "number"): "same",
    ("number", "/", "number"): "same",
    ("number", "%", "number"): "same",
    ("date", "+", "number"): "date",
    ("date", "-", "number"): "date",
    ("date", "-", "date"): "integer",
    ("date", "+", "interval"): "timestamp without time zone",
    ("date", "-", "interval"): "timestamp without time zone",
    ("timestamp", "+", "interval"): "timestamp without time zone",
    ("timestamp", "-", "interval"): "timestamp without time zone",
    ("timestamp", "-", "timestamp"): "interval",
    ("timestamptz", "-", "timestamptz"): "interval",
}
"""Result types by operand families."""

_VARIADIC = frozenset({"jsonb_extract_path_text", "jsonb_extract_path"})


def result_of_call(name: str, arguments: tuple[str, ...]) -> str | None:
    """The result type of an immutable built-in function for arguments of these types, else None.

    A literal fits any family. ``to_tsvector`` with one argument reads a setting and is not here.
    """
    families = [family_of(each) for each in arguments]
    if name in _VARIADIC:
        families = families[:2]
    for (candidate, wanted), result in FUNCTIONS.items():
        if candidate == name and len(wanted) == len(families) and all(map(_fits, families, wanted)):
            return arguments[0] if result == "same" else result
    return None


def result_of_operator(left: str, operator: str, right: str) -> str | None:
    """The result type of an immutable built-in operator on operands of these types, else None."""
    for (first, candidate, second), result in OPERATORS.items():
        if candidate != operator or not _fits(family_of(left), first) or not _fits(family_of(right), second):
            continue
        if "unknown" not in {left, right}:
            return _wider(left, right) if result == "same" else result
        # A literal takes the other side's type where there is an operator for two of it (func.c, oper()).
        if right == "unknown" and family_of(left) == first:
            return left if result == "same" else result
    return None


def _fits(family: Family, wanted: Family) -> bool:
    return family in {wanted, "unknown"}


def _wider(left: str, right: str) -> str:
    return left if left in _INTEGERS and right in _INTEGERS else "numeric"
