"""Whether an expression can stand in an index, and of which type it is, as far as the catalog and the rules tell.

An index may hold only what is immutable (pg_proc.provolatile ``i``): what depends on nothing but its arguments, so
not on the time zone, DateStyle, locale settings or the clock. ``date(timestamp)`` is, ``date(timestamptz)`` is not.
When in doubt the answer is no.
"""

from collections.abc import Callable, Mapping

import msgspec

from pgclinic.sql.built_in import Family, family_of, result_of_call, result_of_operator
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tree import Tree, expression_of, strings

_COMPARISONS = frozenset({"=", "<>", "!=", "<", "<=", ">", ">="})
_LIKES = frozenset({"~~", "!~~", "~~*", "!~~*", "~", "~*", "!~", "!~*"})
_ANY_OR_IN = frozenset({2, 7})
_NULLIF = 6
_BETWEEN = frozenset({11, 12, 13})

_SAFE_CASTS = {
    "text": frozenset({"text", "number", "boolean", "uuid", "json"}),
    "number": frozenset({"number", "text", "boolean"}),
    "boolean": frozenset({"boolean", "text", "number"}),
    "date": frozenset({"date", "timestamp"}),
    "timestamp": frozenset({"timestamp", "date"}),
    "uuid": frozenset({"uuid", "text"}),
    "jsonb": frozenset({"jsonb", "json", "text", "number", "boolean"}),
    "json": frozenset({"json", "text"}),
}
"""From one family of types to others without asking a setting (pg_cast, and I/O conversions by immutable functions)."""


class Catalog(msgspec.Struct, frozen=True):
    """What an expression is judged by: columns' types, the result types of the user's immutable functions by name."""

    columns: Mapping[str, str]
    functions: Mapping[str, str] = msgspec.field(default_factory=dict)


def type_of(expression: str, catalog: Catalog) -> str | None:
    """The type of an immutable expression over a table's columns; None when it is not (known to be) immutable.

    Types are spelled as format_type does, without modifier; a literal's is ``unknown``.
    """
    try:
        root = expression_of(expression)
    except UnreadableSqlError:
        return None
    return _Judge(catalog).type(root)


class _Judge:
    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def type(self, node: Tree) -> str | None:
        kind = node.WhichOneof("node")
        judge = _JUDGES.get(kind)
        return judge(self, getattr(node, kind)) if judge else None

    def column(self, reference: Tree) -> str | None:
        names = strings(reference.fields)
        return plain(self.catalog.columns.get(names[-1], "")) or None if names else None

    def boolean(self, argument: Tree) -> str | None:
        """A test of anything immutable."""
        return "boolean" if self.type(argument) else None

    def common(self, arguments: list[Tree]) -> str | None:
        """The type that several expressions share, literals taking that of the others."""
        types = [self.type(each) for each in arguments]
        if not all(types):
            return None
        known = [each for each in types if each and each != "unknown"]
        families = {family_of(each) for each in known}
        return (known[0] if known else "text") if len(families) <= 1 else None

    def cast(self, cast: Tree) -> str | None:
        names = strings(cast.type_name.names)
        target = _CATALOG_NAMES.get(names[-1], names[-1]) if names else ""
        target += "[]" * len(cast.type_name.array_bounds)
        source = self.type(cast.arg)
        if source is None or not target:
            return None
        # A literal's text is read once, when the index is made, whatever the type's input function.
        if source in {"unknown", target}:
            return target
        return target if family_of(target) in _SAFE_CASTS.get(family_of(source), ()) else None

    def operation(self, expression: Tree) -> str | None:
        operator = (strings(expression.name) or ("",))[-1]
        if expression.kind == _NULLIF:
            return self.common([expression.lexpr, expression.rexpr])
        if expression.kind in _ANY_OR_IN or expression.kind in _BETWEEN:
            right = expression.rexpr
            items = right.a_array_expr.elements if right.WhichOneof("node") == "a_array_expr" else right.list.items
            return "boolean" if items and self.comparable([expression.lexpr, *items]) else None
        if not expression.HasField("lexpr"):
            return self.signed(expression.rexpr, operator)
        if operator in _COMPARISONS:
            return "boolean" if self.comparable([expression.lexpr, expression.rexpr]) else None
        return self.combined(self.type(expression.lexpr), operator, self.type(expression.rexpr))

    def signed(self, operand: Tree, operator: str) -> str | None:
        own = self.type(operand)
        return own if own and operator in {"-", "+"} and family_of(own) == "number" else None

    def combined(self, left: str | None, operator: str, right: str | None) -> str | None:
        if left is None or right is None:
            return None
        if operator in _LIKES:
            return "boolean" if {family_of(left), family_of(right)} <= {"text", "unknown"} else None
        return result_of_operator(left, operator, right)

    def comparable(self, sides: list[Tree]) -> bool:
        """Comparing values of one family reads no setting; a date with a timestamptz would read the time zone."""
        types = [self.type(each) for each in sides]
        families: set[Family] = {family_of(each) for each in types if each} - {"unknown"}
        return all(types) and (len(families) <= 1 or families == {"date", "timestamp"})

    def call(self, call: Tree) -> str | None:
        names = strings(call.funcname)
        if not names or call.agg_star or call.agg_distinct or call.HasField("over") or call.HasField("agg_filter"):
            return None
        arguments = [self.type(each) for each in call.args]
        known = [each for each in arguments if each is not None]
        if len(known) != len(arguments):
            return None
        if names[-1] in self.catalog.functions and names[0] != "pg_catalog":
            return self.catalog.functions[names[-1]]
        return result_of_call(names[-1], tuple(known))


_JUDGES: Mapping[str, Callable[[_Judge, Tree], str | None]] = {
    "column_ref": _Judge.column,
    "a_const": lambda _, constant: _constant_type(constant),
    "type_cast": _Judge.cast,
    "a_expr": _Judge.operation,
    "func_call": _Judge.call,
    "coalesce_expr": lambda judge, node: judge.common(node.args),
    "min_max_expr": lambda judge, node: judge.common(node.args),
    "collate_clause": lambda judge, node: judge.type(node.arg),
    "null_test": lambda judge, node: judge.boolean(node.arg),
    "boolean_test": lambda judge, node: judge.boolean(node.arg),
    "bool_expr": lambda judge, node: "boolean" if all(judge.type(each) for each in node.args) else None,
}
"""By the kinds of node that an index may hold; a sub-select or parameter is none."""

_CATALOG_NAMES = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "varchar": "character varying",
    "bpchar": "character",
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
    "timetz": "time with time zone",
    "time": "time without time zone",
}
"""The grammar's names of types as format_type spells them."""


def plain(type_name: str) -> str:
    """A type without its modifier: ``character varying(20)`` is ``character varying``, ``numeric(10,2)[]`` an array."""
    head, bracket, tail = type_name.partition("(")
    return head + tail.partition(")")[2] if bracket else type_name


def _constant_type(constant: Tree) -> str:
    match constant.WhichOneof("val"):
        case "ival":
            return "integer"
        case "fval":
            return "numeric"
        case "boolval":
            return "boolean"
    return "unknown"
