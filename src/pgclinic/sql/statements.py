"""Statements as wholes: splitting, fingerprints, normal form, and whether they write."""

from functools import lru_cache

import msgspec
import postgast
from google.protobuf.message import DecodeError


class UnreadableSqlError(ValueError):
    """Text that PostgreSQL's own grammar does not accept; the message says where."""


def split(script: str) -> tuple[str, ...]:
    """The statements of a script in order, each with the comments before it, without its semicolon.

    Raises UnreadableSqlError when the script is not SQL.
    """
    tree = parsed(script)
    encoded = script.encode()
    pieces: list[str] = []
    start = 0
    for statement in tree.stmts:
        end = statement.stmt_location + statement.stmt_len if statement.stmt_len else len(encoded)
        pieces.append(encoded[start:end].decode().strip())
        start = end + 1
    return tuple(pieces)


@lru_cache(maxsize=65536)
def fingerprint(sql: str) -> str:
    """Sixteen hex digits, equal for statements that differ only in constants or in the length of an IN list."""
    try:
        return postgast.fingerprint(sql).hex
    except postgast.PgQueryError as error:
        raise UnreadableSqlError(_where(error, sql)) from error


def normalize(sql: str) -> str:
    """The statement with ``$n`` where constants were, as pg_stat_statements shows it."""
    try:
        return postgast.normalize(sql)
    except postgast.PgQueryError as error:
        raise UnreadableSqlError(_where(error, sql)) from error


class StatementKind(msgspec.Struct, frozen=True):
    """What a statement does: ``select insert update delete merge utility``, and whether it can change anything."""

    verb: str
    writes: bool


_READING_UTILITIES = frozenset({"explain_stmt", "variable_show_stmt"})


def kind(sql: str) -> StatementKind:
    """What the (single) statement does. A data-modifying WITH and a row-locking SELECT count as writing."""
    tree = parsed(sql)
    if not tree.stmts:
        raise UnreadableSqlError("no statement, only comments or white space")
    node = tree.stmts[0].stmt.WhichOneof("node") or ""
    if node == "select_stmt":
        return StatementKind("select", _writes_inside(tree))
    verb = node.removesuffix("_stmt")
    if verb in {"insert", "update", "delete", "merge"}:
        return StatementKind(verb, writes=True)
    return StatementKind("utility", node not in _READING_UTILITIES)


_WRITING_NODES = frozenset({"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "LockingClause", "IntoClause"})


def _writes_inside(tree: postgast.ParseResult) -> bool:
    return any(message.DESCRIPTOR.name in _WRITING_NODES for _, message in postgast.walk(tree))


def is_readable(text: str) -> bool:
    """Whether the text is one or more whole statements in PostgreSQL's grammar."""
    try:
        return bool(parsed(text).stmts)
    except UnreadableSqlError:
        return False


def parsed(text: str) -> postgast.ParseResult:
    """The parse tree of a whole script. Raises UnreadableSqlError when PostgreSQL's grammar does not accept it."""
    try:
        return postgast.parse(text)
    except postgast.PgQueryError as error:
        raise UnreadableSqlError(_where(error, text)) from error
    except DecodeError as error:
        raise UnreadableSqlError("nested more deeply than the parser can hand over") from error


def _where(error: postgast.PgQueryError, text: str) -> str:
    position = getattr(error, "cursorpos", 0) or 0
    line = text.count("\n", 0, max(position - 1, 0)) + 1
    return f"{error} at line {line}" if position else str(error)


def has_parsed_body(definition: str) -> bool:
    """Whether a CREATE FUNCTION has a body of SQL that was parsed when it was made (``begin atomic``, ``return``).

    Names in such a body were resolved then and for good. Raises UnreadableSqlError.
    """
    return any(
        statement.stmt.WhichOneof("node") == "create_function_stmt"
        and statement.stmt.create_function_stmt.HasField("sql_body")
        for statement in parsed(definition).stmts
    )
