"""What stands around a column in a comparison, so that an index on the column cannot be searched by it."""

from collections.abc import Iterator

import msgspec

from pgclinic.model.names import RelationName
from pgclinic.sql.conditions import Comparison
from pgclinic.sql.operands import without_casts
from pgclinic.sql.shape import StatementReading
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tree import Tree, select_list, strings

_KEEPING = frozenset((
    "lower", "upper", "initcap", "btrim", "ltrim", "rtrim", "trim", "reverse", "replace", "translate", "left",
    "right", "substr", "substring", "concat", "md5", "date", "date_trunc", "timezone", "to_char", "to_date", "abs",
    "round", "floor", "ceil", "ceiling", "trunc", "unaccent", "regexp_replace",
))  # fmt: skip
"""Functions of which a column of many values has many too; ``extract`` has few."""

_ARITHMETIC = frozenset({"+", "-", "*", "/", "||"})
_OP = 1
_IS_NULL = 1
"""A_Expr_Kind and NullTestType of pg_query's enumerations."""


class Wrapping(msgspec.Struct, frozen=True):
    """``kind`` is ``function``, ``arithmetic`` or ``cast``; ``name`` the function, operator or type."""

    kind: str
    name: str


def wrapping_of(side: Tree) -> Wrapping | None:
    """What is outermost around a column; None for a bare one, and for what is not known to matter."""
    kind = side.WhichOneof("node")
    if kind == "type_cast":
        inner = without_casts(side)
        if inner.WhichOneof("node") == "column_ref":
            return Wrapping("cast", strings(side.type_cast.type_name.names)[-1])
        return wrapping_of(inner)
    if kind == "coalesce_expr":
        return Wrapping("function", "coalesce")
    if kind == "func_call":
        name = (strings(side.func_call.funcname) or ("",))[-1]
        return Wrapping("function", name) if name in _KEEPING else None
    if kind == "a_expr" and side.a_expr.kind == _OP:
        operator = (strings(side.a_expr.name) or ("",))[-1]
        return Wrapping("arithmetic", operator) if operator in _ARITHMETIC else None
    return None


def cast_type(node: Tree) -> str:
    """The type that a value is cast to, as PostgreSQL names it inside (``int4``), or nothing."""
    return strings(node.type_cast.type_name.names)[-1] if node.WhichOneof("node") == "type_cast" else ""


def as_sql(node: Tree) -> str:
    """An expression as SQL for people; empty for what cannot be written."""
    try:
        return select_list([node])
    except UnreadableSqlError:
        return ""


def starts_with_wildcard(pattern: Tree) -> bool:
    """Whether a LIKE's pattern begins with ``%`` or ``_``: written so, or a constant put before a value.

    pg_stat_statements shows ``'%' || $1`` as ``$2 || $1``: constants are numbered after the parameters.
    """
    bare = without_casts(pattern)
    if bare.WhichOneof("node") == "a_const":
        return bool(bare.a_const.sval.sval[:1] in {"%", "_"}) and bool(bare.a_const.sval.sval)
    parts = [without_casts(part) for part in _concatenated(bare)]
    if len(parts) <= 1:
        return False
    first, others = parts[0], parts[1:]
    if first.WhichOneof("node") == "a_const":
        return starts_with_wildcard(first)
    if first.WhichOneof("node") != "param_ref":
        return False
    numbers = [part.param_ref.number for part in others if part.WhichOneof("node") == "param_ref"]
    return bool(numbers) and first.param_ref.number > min(numbers)


def _concatenated(node: Tree) -> Iterator[Tree]:
    if node.WhichOneof("node") == "a_expr" and strings(node.a_expr.name) == ("||",):
        yield from _concatenated(without_casts(node.a_expr.lexpr))
        yield from _concatenated(without_casts(node.a_expr.rexpr))
    elif node.WhichOneof("node") == "func_call" and strings(node.func_call.funcname)[-1:] == ("concat",):
        yield from node.func_call.args
    else:
        yield node


def optional_columns(reading: StatementReading) -> Iterator[tuple[RelationName, str]]:
    """Columns of filters that may be off: ``$1 is null or column = $1`` and ``column = coalesce($1, column)``."""
    for alternatives in reading.alternatives:
        tests = [_is_null_parameter(each) for each in alternatives.arguments]
        if any(tests) and not all(tests):
            for argument in alternatives.arguments:
                for column in alternatives.level.columns_in(argument):
                    if column is not None:
                        yield column.use.relation.name, column.name
    for comparison in reading.comparisons:
        other = without_casts(comparison.other)
        if other.WhichOneof("node") == "coalesce_expr" and comparison.reads_itself and comparison.is_bare:
            first = without_casts(other.coalesce_expr.args[0])
            if first.WhichOneof("node") == "param_ref":
                yield comparison.relation, comparison.column


def _is_null_parameter(node: Tree) -> bool:
    if node.WhichOneof("node") != "null_test" or node.null_test.nulltesttype != _IS_NULL:
        return False
    return bool(without_casts(node.null_test.arg).WhichOneof("node") == "param_ref")


def is_like(comparison: Comparison) -> bool:
    """Whether it is LIKE or ILIKE."""
    return comparison.operator in {"~~", "~~*"}
