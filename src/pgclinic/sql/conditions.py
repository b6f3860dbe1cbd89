"""What WHERE, ON and HAVING compare: conditions noted with the table that an index could search by them."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from pgclinic.model.names import RelationName
from pgclinic.model.shape import Condition, ParameterUse
from pgclinic.sql.levels import Level
from pgclinic.sql.operands import reads_clock, without_casts, without_relabelling
from pgclinic.sql.sources import Column, Outputs, note
from pgclinic.sql.tree import Tree, strings

_PAIRS = (("<", ">"), ("<=", ">="), ("@>", "<@"), ("<<", ">>"), ("<<=", ">>="))
_FLIPPED = {**dict(_PAIRS), **{right: left for left, right in _PAIRS}}
_SYMMETRIC = frozenset({"=", "<>", "&&", "-|-", "<->", "@@"})
_OR, _NOT = 2, 3
_IS_NULL = 1
_TRUTHS = {1: "is true", 3: "is false"}
"""BoolTestType of pg_query's enumeration; the others accept nulls."""
_OP_ANY, _IN, _BETWEEN, _NOT_BETWEEN, _BETWEEN_SYM = 2, 7, 11, 12, 13
_COMPARING = frozenset({1, _OP_ANY, _IN, 8, 9, 10})
"""AEXPR_OP, OP_ANY, IN, LIKE, ILIKE and SIMILAR: operators that an index can have."""

_MOST_ARMS = 100
"""Sides of one OR that are told apart."""
_LONGEST_CLAUSE = 500
"""Characters of an expression or condition that an index could be made on."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a comparison as it was written, where it reads a single column of a table.

    ``side`` is its tree and ``other`` that of the other side, which reads ``partner`` when it is nothing but a column
    of another table. ``reads_itself``: the other side reads the same row; ``is_constant``: it reads no column at all.
    ``arm`` is as in Condition.
    """

    relation: RelationName
    column: str
    operator: str
    side: Tree
    other: Tree
    is_list: bool = False
    partner: tuple[RelationName, str] | None = None
    reads_itself: bool = False
    is_constant: bool = False
    arm: tuple[int, ...] = ()

    @property
    def is_bare(self) -> bool:
        """Whether the column stands there as it is, or under a cast that no index minds."""
        return bool(without_relabelling(self.side).WhichOneof("node") == "column_ref")


class Alternatives(msgspec.Struct, frozen=True):
    """The sides of one OR, and the level that their columns are resolved by."""

    arguments: tuple[Tree, ...]
    level: Level


class Reading(Protocol):
    """The analysis of a statement, as far as conditions need it."""

    parameters: list[ParameterUse]

    def statement(self, node: Tree, level: Level) -> Outputs:
        """Analyse a sub-select."""
        ...

    def expression(self, node: Tree, level: Level, *, is_compared: bool = False) -> None:
        """Read whatever stands in an expression."""
        ...


class Conditions:
    """Notes the conditions of one statement; ``reading`` takes what is not a comparison."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.ors = 0
        self.comparisons: list[Comparison] = []
        self.alternatives: list[Alternatives] = []

    def note(self, node: Tree, level: Level, arm: tuple[int, ...] = ()) -> None:
        """A boolean expression: its comparisons are noted, and whatever stands in it is read."""
        match node.WhichOneof("node"):
            case "bool_expr":
                self.combination(node, level, arm)
                return
            case "null_test":
                is_null = node.null_test.nulltesttype == _IS_NULL
                self.lone(node.null_test.arg, "is null" if is_null else "is not null", node, level, arm)
            case "boolean_test" if node.boolean_test.booltesttype in _TRUTHS:
                operator = _TRUTHS[node.boolean_test.booltesttype]
                self.lone(node.boolean_test.arg, operator, node, level, arm)
            case "column_ref":
                self.lone(node, "=", node, level, arm)
            case "a_expr":
                self.comparison(node, level, arm)
        self.reading.expression(node, level, is_compared=True)

    def combination(self, node: Tree, level: Level, arm: tuple[int, ...]) -> None:
        """AND goes on, each side of an OR is an arm of its own; below NOT only a bare column can be searched."""
        arguments = node.bool_expr.args
        if node.bool_expr.boolop == _NOT:
            if arguments[0].WhichOneof("node") == "column_ref":
                self.lone(arguments[0], "is false", node, level, arm)
            self.reading.expression(node, level, is_compared=True)
            return
        if node.bool_expr.boolop == _OR:
            self.alternatives.append(Alternatives(tuple(arguments), level))
            self.any_of(arguments, level, arm)
            return
        for argument in arguments:
            self.note(argument, level, arm)

    def any_of(self, arguments: Sequence[Tree], level: Level, arm: tuple[int, ...] = ()) -> None:
        """Conditions of which one must hold; a lone one always must."""
        for argument in arguments[:_MOST_ARMS]:
            self.ors += 1
            self.note(argument, level, (*arm, self.ors) if len(arguments) > 1 else arm)
        for argument in arguments[_MOST_ARMS:]:
            self.reading.expression(argument, level, is_compared=True)

    def lone(self, operand: Tree, operator: str, node: Tree, level: Level, arm: tuple[int, ...]) -> None:
        """A test of one operand against nothing else."""
        self.found(operand, Condition(operand="", operator=operator, arm=arm), node, level)

    def comparison(self, node: Tree, level: Level, arm: tuple[int, ...]) -> None:
        """``left operator right``, seen from either side."""
        expression = node.a_expr
        operator = (strings(expression.name) or ("",))[-1]
        left, right = expression.lexpr, expression.rexpr
        if expression.kind in {_BETWEEN, _BETWEEN_SYM}:
            for bound, direction in zip(right.list.items, (">=", "<="), strict=False):
                self.compare(left, bound, Condition(operand="", operator=direction, arm=arm), None, level)
        elif expression.kind in _COMPARING:
            is_list = expression.kind in {_OP_ANY, _IN}
            condition = Condition(operand="", operator=operator, is_list=is_list, arm=arm)
            self.compare(left, right, condition, node, level)
            flipped = _FLIPPED.get(operator, operator)
            if not is_list and (flipped != operator or operator in _SYMMETRIC):
                self.compare(right, left, msgspec.structs.replace(condition, operator=flipped), node, level)

    def compare(self, side: Tree, other: Tree, condition: Condition, node: Tree | None, level: Level) -> None:
        """One side of a comparison, if an index could hold it: the other must not read the same table."""
        uses = [column.use for column in level.columns_in(side) if column is not None]
        partners = [column.use for column in level.columns_in(other) if column is not None]
        self.compared(side, other, condition, level)
        if not uses or any(partner is use for partner in partners for use in uses):
            return
        condition = msgspec.structs.replace(
            condition, is_join=bool(partners), constants=_constants(other), parameter=_parameter(other)
        )
        column = self.found(side, condition, node, level)
        if column is not None:
            for item in other.list.items if other.WhichOneof("node") == "list" else (other,):
                is_array = condition.is_list and other.WhichOneof("node") != "list"
                self.parameter(item, column, condition.operator, is_array=is_array)

    def compared(self, side: Tree, other: Tree, condition: Condition, level: Level) -> None:
        """Remember a side that reads one column as it was written."""
        columns = tuple(level.columns_in(side))
        first = columns[0] if columns else None
        if first is None or any(each is None or (each.use, each.name) != (first.use, first.name) for each in columns):
            return
        others = tuple(level.columns_in(other))
        bare = without_relabelling(other)
        partner = level.column(bare.column_ref) if bare.WhichOneof("node") == "column_ref" else None
        self.comparisons.append(
            Comparison(
                relation=first.use.relation.name,
                column=first.name,
                operator=condition.operator,
                side=side,
                other=other,
                is_list=condition.is_list,
                partner=(partner.use.relation.name, partner.name) if partner is not None else None,
                reads_itself=any(each is not None and each.use is first.use for each in others),
                is_constant=not others,
                arm=condition.arm,
            )
        )

    def found(self, side: Tree, condition: Condition, node: Tree | None, level: Level) -> Column | None:
        """Note a condition on a column, which is returned, or on an expression."""
        own = level.own_sql(node) if node is not None else None
        clause = own[1] if own and len(own[1]) <= _LONGEST_CLAUSE else ""
        bare = without_relabelling(side)
        if bare.WhichOneof("node") == "column_ref":
            column = level.column(bare.column_ref)
            if column is not None:
                note(column, msgspec.structs.replace(condition, clause=clause))
            return column
        expression = level.own_sql(side)
        if expression is not None and len(expression[1]) <= _LONGEST_CLAUSE:
            use, sql = expression
            use.conditions[msgspec.structs.replace(condition, operand=sql, is_column=False, clause=clause)] = None
        return None

    def parameter(self, node: Tree, column: Column, operator: str, *, is_array: bool) -> None:
        """Note that a ``$n`` is compared with a column, as it is or as a distance from now."""
        bare = without_casts(node)
        role, number = "list" if is_array else "value", bare.param_ref.number
        if bare.WhichOneof("node") == "a_expr" and reads_clock(bare.a_expr.lexpr):
            sign = (strings(bare.a_expr.name) or ("",))[-1]
            role = {"-": "before_now", "+": "after_now"}.get(sign, "other")
            number = without_casts(bare.a_expr.rexpr).param_ref.number
        elif bare.WhichOneof("node") != "param_ref":
            return
        if number:
            relation = column.use.relation.name
            self.reading.parameters.append(
                ParameterUse(number=number, role=role, relation=relation, column=column.name, operator=operator)
            )

    def membership(self, link: Tree, level: Level) -> None:
        """``column in (select column …)`` joins both."""
        inner = next(iter(self.reading.statement(link.subselect, level.deeper()).values()), None)
        condition = Condition(operand="", operator="=", is_join=True)
        self.found(link.testexpr, condition, None, level)
        self.reading.expression(link.testexpr, level, is_compared=True)
        if inner is not None:
            note(inner, condition)


def note_joined(column: Column) -> None:
    """Note that a column is joined by equality, as USING and NATURAL do."""
    note(column, Condition(operand="", operator="=", is_join=True))


def _constants(node: Tree) -> tuple[str, ...]:
    """The literals on a side that consists of nothing else, as text; none otherwise."""
    bare = without_casts(node)
    match bare.WhichOneof("node"):
        case "a_const":
            return (_text(bare.a_const),) if not bare.a_const.isnull else ()
        case "list" | "a_array_expr":
            items = bare.list.items if bare.WhichOneof("node") == "list" else bare.a_array_expr.elements
            found = [_constants(item) for item in items]
            return tuple(each for texts in found for each in texts) if all(found) else ()
    return ()


def _text(constant: Tree) -> str:
    kind = constant.WhichOneof("val")
    value = getattr(constant, kind)
    match kind:
        case "ival":
            return str(value.ival)
        case "boolval":
            return "true" if value.boolval else "false"
        case "fval":
            return str(value.fval)
        case "sval":
            return str(value.sval)
    return str(value.bsval)


def _parameter(node: Tree) -> int:
    bare = without_casts(node)
    return bare.param_ref.number if bare.WhichOneof("node") == "param_ref" else 0
