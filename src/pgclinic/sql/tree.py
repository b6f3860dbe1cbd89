"""Parse trees: parsing one statement, writing it back, and replacing nodes on the way."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import postgast
from google.protobuf.message import Message

from pgclinic.sql.statements import UnreadableSqlError, parsed

Tree: TypeAlias = Any
"""A message of a parse tree. Its fields are generated, and the package's stub for them is not valid Python."""

Node = postgast.pg_query_pb2.Node
"""The wrapper that libpg_query puts around each child: a message with one field set, named after the node's type."""


def parse_one(sql: str) -> Tree:
    """The tree of exactly one statement. Raises UnreadableSqlError for none, several, or what is not SQL."""
    tree = parsed(sql)
    if len(tree.stmts) != 1:
        raise UnreadableSqlError(f"expected one statement, found {len(tree.stmts)}")
    return tree


def written(tree: Tree) -> str:
    """The tree as SQL. Raises UnreadableSqlError for a tree that libpg_query cannot write."""
    try:
        text = postgast.deparse(tree)
        return postgast.deparse(_with_extract_called(tree)) if _EXTRACT_OF_PARAMETER in text.lower() else text
    except postgast.PgQueryError as error:
        raise UnreadableSqlError(str(error)) from error


_EXTRACT_OF_PARAMETER = "extract ($"
"""As pg_stat_statements shows ``extract(hour from …)``, which libpg_query reads and no server does."""


def _with_extract_called(tree: Tree) -> Tree:
    """A copy in which ``extract($1 from a)`` is ``pg_catalog.extract($1, a)``, as it can be written since 14."""
    copy = type(tree)()
    copy.CopyFrom(tree)
    for node in nodes(copy):
        if node.WhichOneof("node") == "func_call" and strings(node.func_call.funcname)[-1] == "extract":
            node.func_call.funcformat = _CALLED
    return copy


_CALLED = 1
"""CoercionForm of pg_query's enumeration: written as a call of a function."""


def nodes(message: Tree) -> Iterator[Tree]:
    """Every ``Node`` wrapper below a message, parents before children; a wrapper may be changed in place."""
    pending: list[Tree] = [message]
    while pending:
        current = pending.pop()
        if isinstance(current, Node):
            yield current
        for field, value in reversed(current.ListFields()):
            if field.type == field.TYPE_MESSAGE:
                pending.extend([value] if isinstance(value, Message) else reversed(value))


def replace_nodes(message: Tree, replacement: Callable[[Tree], Tree | None]) -> None:
    """Put ``replacement(node)`` in the place of every node for which it is not None; its children are left alone."""
    pending: list[Tree] = [message]
    while pending:
        current = pending.pop()
        if isinstance(current, Node):
            new = replacement(current)
            if new is not None:
                current.CopyFrom(new)
                continue
        for field, value in current.ListFields():
            if field.type == field.TYPE_MESSAGE:
                pending.extend([value] if isinstance(value, Message) else value)


def strings(parts: Iterable[Tree]) -> tuple[str, ...]:
    """The texts of a list of String nodes, as in a column reference or a function's name; others are left out."""
    return tuple(part.string.sval for part in parts if part.WhichOneof("node") == "string")


def select_list(expressions: Iterable[Tree]) -> str:
    """Expressions as SQL, comma-separated. Raises UnreadableSqlError for what libpg_query cannot write."""
    tree = parsed("select")
    for expression in expressions:
        tree.stmts[0].stmt.select_stmt.target_list.add().res_target.val.CopyFrom(expression)
    return written(tree).partition(" ")[2]


def expression_of(sql: str) -> Tree:
    """The tree of one expression. Raises UnreadableSqlError for what is none."""
    statements = parsed(f"select ({sql}\n)").stmts
    targets = statements[0].stmt.select_stmt.target_list
    if len(statements) != 1 or len(targets) != 1:
        raise UnreadableSqlError("not one expression")
    return targets[0].res_target.val
