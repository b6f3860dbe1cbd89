"""Questions about one expression, such as a policy's predicate as PostgreSQL deparses it."""

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
from google.protobuf.message import Message

from pgclinic.model.names import RelationName
from pgclinic.sql.operands import reads_clock
from pgclinic.sql.statements import parsed
from pgclinic.sql.tree import Tree, expression_of, strings

if TYPE_CHECKING:
    from collections.abc import Iterator

_OR, _NOT = 2, 3
"""BoolExprType of libpg_query."""

_IS_NOT_NULL = 2
"""NullTestType of libpg_query."""


class FunctionCall(msgspec.Struct, frozen=True, order=True):
    """A call inside an expression: the function's unquoted schema (empty when not written) and name, argument count."""

    schema: str
    name: str
    arguments: int

    def __str__(self) -> str:
        """For people."""
        return f"{self.schema}.{self.name}()" if self.schema else f"{self.name}()"


def calls_outside_subselects(expression: str) -> tuple[FunctionCall, ...]:
    """Calls that name no column in their arguments and stand in no sub-select, in order, each once.

    PostgreSQL evaluates such a call for every row that the expression is tested on, unless the function is
    immutable; inside ``(select …)`` it becomes an InitPlan, evaluated once (documentation, "Row Security Policies").
    Raises UnreadableSqlError for what is not an expression.
    """
    return tuple(dict.fromkeys(_calls(expression_of(expression))))


@lru_cache(maxsize=4096)
def is_always_true(expression: str) -> bool:
    """Whether a predicate is true for every row by its form alone: ``true``, ``1 = 1``, ``… or true``.

    Says False when in doubt. Raises UnreadableSqlError for what is not an expression.
    """
    return _constant_truth(expression_of(expression)) is True


def _calls(node: Tree) -> "Iterator[FunctionCall]":
    kind = node.DESCRIPTOR.name
    if kind == "SubLink":
        return
    if kind == "FuncCall" and not _names_a_column(node):
        *schema, name = strings(node.funcname)
        yield FunctionCall(schema[-1] if schema else "", name, len(node.args))
    for child in _children(node):
        yield from _calls(child)


def _names_a_column(node: Tree) -> bool:
    return node.DESCRIPTOR.name == "ColumnRef" or any(_names_a_column(child) for child in _children(node))


def _children(node: Tree) -> "Iterator[Tree]":
    for field, value in node.ListFields():
        if field.type == field.TYPE_MESSAGE:
            yield from [value] if isinstance(value, Message) else value


def named_columns(expression: str) -> frozenset[str] | None:
    """The columns that an expression over one table names; None for the whole row or a sub-select.

    Raises UnreadableSqlError for what is not an expression.
    """
    found: set[str] = set()
    pending: list[Tree] = [expression_of(expression)]
    while pending:
        node = pending.pop()
        if node.DESCRIPTOR.name == "SubLink":
            return None
        if node.DESCRIPTOR.name == "ColumnRef":
            names = strings(node.fields)
            if len(names) != len(node.fields):
                return None
            found.add(names[-1])
        pending.extend(_children(node))
    return frozenset(found)


def _constant_truth(node: Tree) -> bool | None:
    """True or False when the form alone decides, else None."""
    kind = node.WhichOneof("node")
    if kind == "a_const" and node.a_const.WhichOneof("val") == "boolval":
        return bool(node.a_const.boolval.boolval)
    if kind == "type_cast" and strings(node.type_cast.type_name.names)[-1:] == ("bool",):
        return _constant_truth(node.type_cast.arg)
    if kind == "a_expr" and strings(node.a_expr.name) == ("=",):
        left, right = _unlocated(node.a_expr.lexpr), _unlocated(node.a_expr.rexpr)
        return True if left is not None and left == right else None
    if kind == "bool_expr":
        return _joined_truth(node.bool_expr.boolop, [_constant_truth(part) for part in node.bool_expr.args])
    return None


def _joined_truth(operator: int, parts: list[bool | None]) -> bool | None:
    if operator == _NOT:
        return None if parts[0] is None else not parts[0]
    decisive = operator == _OR
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _unlocated(node: Tree) -> str | None:
    """A constant's value as text, without its place in the source; None for what is no constant or is null."""
    while node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    if node.WhichOneof("node") != "a_const" or node.a_const.isnull:
        return None
    value = node.a_const.WhichOneof("val")
    return f"{value} {getattr(node.a_const, value)}"


def is_only_not_null(predicate: str) -> bool:
    """Whether an index's predicate leaves out nothing but nulls of a plain column: ``(x IS NOT NULL)``.

    Raises UnreadableSqlError for what is not an expression.
    """
    root = expression_of(predicate)
    if root.WhichOneof("node") != "null_test" or root.null_test.nulltesttype != _IS_NOT_NULL:
        return False
    tested: str | None = root.null_test.arg.WhichOneof("node")
    return tested == "column_ref"


@lru_cache(maxsize=4096)
def texts_compared_without_columns(expression: str) -> frozenset[str]:
    """String constants that ``=``, ``in`` or ``= any`` compares with something that names no column of the row.

    ``(select f()) = 'x'`` counts, ``owner = 'x'`` does not. Raises UnreadableSqlError for what is not an expression.
    """
    found: set[str] = set()
    pending: list[Tree] = [expression_of(expression)]
    while pending:
        node = pending.pop()
        if node.DESCRIPTOR.name == "A_Expr" and strings(node.name) == ("=",):
            for side, other in ((node.lexpr, node.rexpr), (node.rexpr, node.lexpr)):
                texts = text_constants(side)
                if texts and text_constants(other) is None and not _names_a_column(other):
                    found |= texts
        pending.extend(_children(node))
    return frozenset(found)


def text_constants(node: Tree) -> frozenset[str] | None:
    """The strings that an operand consists of, alone, in a list or in an array; None for anything else."""
    while node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    match node.WhichOneof("node"):
        case "a_const" if node.a_const.WhichOneof("val") == "sval":
            return frozenset({node.a_const.sval.sval})
        case "list" | "a_array_expr":
            items = node.list.items if node.WhichOneof("node") == "list" else node.a_array_expr.elements
            parts = [text_constants(item) for item in items]
            known = [part for part in parts if part is not None]
            return frozenset().union(*known) if parts and len(known) == len(parts) else None
    return None


def sequence_of(default: str) -> RelationName | None:
    """The sequence that a column's default takes its numbers from, as ``nextval('s.q'::regclass)`` spells it.

    Raises UnreadableSqlError for what is not an expression.
    """
    root = expression_of(default)
    while root.WhichOneof("node") == "type_cast":
        root = root.type_cast.arg
    if root.WhichOneof("node") != "func_call" or strings(root.func_call.funcname)[-1:] != ("nextval",):
        return None
    named = text_constants(root.func_call.args[0]) if root.func_call.args else None
    if not named:
        return None
    statement = parsed(f"select from {next(iter(named))}").stmts[0].stmt.select_stmt
    sources = [source.range_var for source in statement.from_clause if source.WhichOneof("node") == "range_var"]
    return RelationName(sources[0].schemaname, sources[0].relname) if len(sources) == 1 else None


def is_clock(expression: str) -> bool:
    """Whether the expression is the present moment and nothing else: ``now()``, ``CURRENT_TIMESTAMP(3)``.

    Raises UnreadableSqlError for what is not an expression.
    """
    return reads_clock(expression_of(expression))
