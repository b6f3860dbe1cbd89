"""SELECTs that sum up the rows of one table: their keys, conditions, bounds in time and aggregates, from the tree.

Such a SELECT may be the statement itself, stand inside of it, or inside of a view that it reads. What is not understood
to the last node is no grouping: a rewritten statement must give the same rows.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec

from pgclinic.model.names import RelationName
from pgclinic.sql.constants import constant_value
from pgclinic.sql.operands import children, is_node, without_casts
from pgclinic.sql.sources import CatalogRelation, Resolver
from pgclinic.sql.spans import span_of, span_within
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tree import Node, Tree, nodes, parse_one, replace_nodes, select_list, strings

MOMENTS = frozenset({"timestamp with time zone", "timestamp without time zone"})
"""Types of columns that tell when, as format_type spells them; a modifier may follow ``timestamp``."""

MOVING = "its distinct counts and percentiles over a moving span cannot be put together from those of days"
"""Why the commonest of what cannot be kept is not."""

Types: TypeAlias = Mapping[RelationName, Mapping[str, str]]
"""The columns' types by table and column, as format_type spells them."""

_AND, _OP, _BETWEEN = 1, 1, 11
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ALIKE = frozenset({"citext", "numeric", "real", "double precision", "interval", "json", "jsonb", "xml"})
"""Types whose values may be equal and look different, or have no equality."""
_KNOWN = frozenset({"now", "transaction_timestamp", "statement_timestamp", "date_trunc", "date", "make_interval"})
"""Functions that a bound in time may call: none is volatile, and all give the same for a whole statement."""
_HARMLESS = frozenset({"round", "coalesce", "nullif", "greatest", "least", "floor", "ceil", "abs", "to_char"})
"""Functions that may stand around an aggregate."""
_DEEPEST = 10


class Unfit(Exception):  # noqa: N818 - nothing is wrong with the statement
    """A SELECT that sums up in a way that kept sums cannot serve; the message is the reason, an English phrase."""


class Bound(msgspec.Struct, frozen=True):
    """``column operator value``; the value reads no column. ``is_day``: the value is known to be a date."""

    operator: str
    value: Tree
    is_day: bool


class Aggregate(msgspec.Struct, frozen=True):
    """One aggregate call. ``argument`` is a column, or empty for ``count(*)``; ``filter`` is a condition or None.

    ``sql`` is the whole call over bare columns.
    """

    node: Tree
    name: str
    argument: str
    filter: Tree | None
    sql: str
    is_distinct: bool
    is_plain: bool


class Grouping(msgspec.Struct, frozen=True, kw_only=True):
    """A SELECT that sums up one table; ``select`` stands in a statement's tree and may be changed there.

    ``keys`` are columns that it groups by and ``moment`` the expression over the ``time`` column that it groups by
    too, or None; ``span`` the seconds of the spans of time that serve it (``sql.spans``). ``bounds`` are its
    conditions on that column, ``conditions`` all others. ``columns`` are those that the conditions and the filters
    of aggregates read, in the order of the table.
    """

    select: Tree
    relation: CatalogRelation
    alias: str
    keys: tuple[str, ...]
    moment: Tree | None
    time: str
    span: int
    bounds: tuple[Bound, ...]
    conditions: tuple[Tree, ...]
    aggregates: tuple[Aggregate, ...]


def groupings(tree: Tree, resolver: Resolver, types: Types) -> Iterator[Grouping | str]:
    """Every SELECT of a statement, its views written out already, that sums up one table; or why it is not read."""
    inner = _with_names(tree)
    for node in list(nodes(tree)):
        if node.WhichOneof("node") != "select_stmt" or not _sums_up(node.select_stmt):
            continue
        if node.select_stmt.from_clause[0].range_var.relname in inner:
            yield "it reads a WITH query"
            continue
        try:
            yield _Reading(node.select_stmt, resolver, types).grouping()
        except Unfit as unfit:
            yield str(unfit)


def with_views_written_out(sql: str, resolver: Resolver, depth: int = 0) -> Tree:
    """The statement's tree, in which every view is a sub-select under its name. Raises UnreadableSqlError."""
    tree = parse_one(sql)
    inner = _with_names(tree)

    def replacement(node: Tree) -> Tree | None:
        if node.WhichOneof("node") != "range_var":
            return None
        variable = node.range_var
        if not variable.schemaname and variable.relname in inner:
            return None
        relation = resolver(variable.schemaname, variable.relname)
        if relation is None or not relation.definition or depth >= _DEEPEST:
            return None
        below = with_views_written_out(relation.definition, resolver, depth + 1)
        new = Node()
        new.range_subselect.subquery.CopyFrom(below.stmts[0].stmt)
        new.range_subselect.alias.aliasname = variable.alias.aliasname or variable.relname
        named = strings(variable.alias.colnames)
        for name in (*named, *relation.columns[len(named) :]):
            new.range_subselect.alias.colnames.add().string.sval = name
        return new

    replace_nodes(tree, replacement)
    return tree


def without_modifier(type_name: str) -> str:
    """A type as format_type spells it, without its modifier: ``numeric(10,2)`` and ``timestamp(3) with time zone``."""
    return re.sub(r"\([0-9, ]*\)", "", type_name)


def bare(node: Tree) -> Tree:
    """A copy of an expression over one table with the columns' names alone."""
    copy = Node()
    copy.CopyFrom(node)
    for each in nodes(copy):
        if each.WhichOneof("node") == "column_ref":
            name = strings(each.column_ref.fields)[-1]
            del each.column_ref.fields[:]
            each.column_ref.fields.add().string.sval = name
    return copy


def without_places(node: Tree) -> bytes:
    """An expression over one table as bytes that do not depend on where it was written or how columns are qualified."""
    copy = bare(node)
    pending = [copy]
    while pending:
        current = pending.pop()
        for field, _ in current.ListFields():
            if field.name == "location":
                current.ClearField("location")
        pending.extend(children(current))
    return bytes(copy.SerializeToString(deterministic=True))


def columns_of(node: Tree) -> frozenset[str]:
    """The names of the columns that an expression mentions."""
    return frozenset(
        strings(each.column_ref.fields)[-1]
        for each in nodes(node)
        if each.WhichOneof("node") == "column_ref" and strings(each.column_ref.fields)
    )


def has_parameters(node: Tree) -> bool:
    """Whether a ``$n`` stands in an expression."""
    return any(each.WhichOneof("node") == "param_ref" for each in nodes(node))


def _with_names(tree: Tree) -> frozenset[str]:
    return frozenset(
        node.common_table_expr.ctename for node in nodes(tree) if node.WhichOneof("node") == "common_table_expr"
    )


def _sums_up(select: Tree) -> bool:
    if len(select.from_clause) != 1 or select.from_clause[0].WhichOneof("node") != "range_var":
        return False
    return any(_aggregate_name(node) for target in select.target_list for node in nodes(target))


_AGGREGATES = frozenset((
    "count", "sum", "avg", "min", "max", "percentile_cont", "percentile_disc", "mode", "array_agg", "string_agg",
    "json_agg", "jsonb_agg", "stddev", "variance", "bool_and", "bool_or", "every",
))  # fmt: skip


def _aggregate_name(node: Tree) -> str:
    if node.WhichOneof("node") != "func_call" or node.func_call.HasField("over"):
        return ""
    names = strings(node.func_call.funcname)
    is_ours = len(names) == 1 or names[0] == "pg_catalog"
    return names[-1] if is_ours and names and (node.func_call.agg_star or names[-1] in _AGGREGATES) else ""


class _Reading:
    """One SELECT under examination; raises Unfit with the first reason."""

    def __init__(self, select: Tree, resolver: Resolver, types: Types) -> None:
        self.select = select
        variable = select.from_clause[0].range_var
        relation = resolver(variable.schemaname, variable.relname)
        if relation is None or relation.definition or variable.alias.colnames:
            raise Unfit("it does not read a table under its own names")
        self.relation = relation
        self.alias = variable.alias.aliasname or variable.relname
        self.types = types.get(relation.name, {})
        self.aggregates: dict[bytes, Aggregate] = {}

    def grouping(self) -> Grouping:
        """The whole of it."""
        self._demand_plain()
        grouped = [self._key(each) for each in self.select.group_clause]
        keys = [each for each in grouped if isinstance(each, str)]
        expressions = [each for each in grouped if not isinstance(each, str)]
        conjuncts = list(_conjuncts(self.select.where_clause)) if self.select.HasField("where_clause") else []
        bounded = [(each, found) for each in conjuncts for found in [self._bound(each)]]
        times = {column for _, found in bounded if found for column, _ in found}
        times |= {column for each in expressions for column in columns_of(each)}
        if len(times) > 1 or len(expressions) > 1:
            raise Unfit("it groups or bounds by several expressions in time")
        time = next(iter(times), "")
        if time and not self._is_moment(time):
            raise Unfit("it groups by an expression that is none in time")
        self._read_outputs(keys, expressions)
        bounds = tuple(bound for _, found in bounded for _, bound in found or ())
        conditions = tuple(each for each, found in bounded if not found)
        for each in conditions:
            self._demand_condition(each)
        filters = [each.filter for each in self.aggregates.values() if each.filter and has_parameters(each.filter)]
        told_apart = {*keys, *(column for each in (*conditions, *filters) for column in columns_of(each))}
        if any(without_modifier(self.types[column]) in _ALIKE for column in told_apart):
            raise Unfit("its keys may be equal and yet differ")
        return Grouping(
            select=self.select,
            relation=self.relation,
            alias=self.alias,
            keys=tuple(dict.fromkeys(keys)),
            moment=expressions[0] if expressions else None,
            time=time,
            span=span_of(expressions[0]) if expressions else span_within([bound.value for bound in bounds]),
            bounds=bounds,
            conditions=conditions,
            aggregates=tuple(self.aggregates.values()),
        )

    def _demand_plain(self) -> None:
        select = self.select
        lists = (select.distinct_clause, select.window_clause, select.locking_clause, select.values_lists)
        if any(lists) or select.HasField("with_clause") or select.HasField("larg") or select.HasField("into_clause"):
            raise Unfit("it is more than a plain SELECT")
        if select.group_distinct or not select.from_clause[0].range_var.inh:
            raise Unfit("it is more than a plain SELECT")
        kinds = {node.WhichOneof("node") for node in nodes(select)}
        if kinds & {"sub_link", "grouping_set", "grouping_func", "row_expr"}:
            raise Unfit("it has sub-selects or grouping sets")
        if any(node.func_call.HasField("over") for node in nodes(select) if node.WhichOneof("node") == "func_call"):
            raise Unfit("it has window functions")

    def _key(self, node: Tree) -> str | Tree:
        """A column's name, or an expression over the column that tells when."""
        constant = constant_value(node)
        targets = self.select.target_list
        if constant is not None and constant.is_bare and (constant.text or "").isdecimal():
            place = int(constant.text or 0)
            if not 0 < place <= len(targets):
                raise Unfit("it groups by a place that is not there")
            node = targets[place - 1].res_target.val
        elif node.WhichOneof("node") == "column_ref" and not self._is_column(node):
            named = [each for each in targets if each.res_target.name == strings(node.column_ref.fields)[-1]]
            if len(named) != 1:
                raise Unfit("it groups by what is no column")
            node = named[0].res_target.val
        if self._is_column(node):
            return strings(node.column_ref.fields)[-1]
        if has_parameters(node) or not span_of(node):
            raise Unfit("it groups by an expression that is none in time")
        return bare(node)

    def _is_column(self, node: Tree) -> bool:
        if node.WhichOneof("node") != "column_ref":
            return False
        names = strings(node.column_ref.fields)
        if len(names) != len(node.column_ref.fields) or (len(names) > 1 and names[-2] != self.alias):
            return False
        return names[-1] in self.types

    def _is_moment(self, column: str) -> bool:
        return without_modifier(self.types.get(column, "")) in MOMENTS

    def _bound(self, node: Tree) -> tuple[tuple[str, Bound], ...] | None:
        """A condition as bounds of a column that tells when, with the column; None for another condition."""
        if node.WhichOneof("node") != "a_expr":
            return None
        expression = node.a_expr
        left, right = expression.lexpr, expression.rexpr
        if expression.kind == _BETWEEN and self._tells_when(left):
            pairs = [(">=", right.list.items[0]), ("<=", right.list.items[1])]
        elif expression.kind == _OP and (strings(expression.name) or ("",))[-1] in _FLIPPED:
            operator = strings(expression.name)[-1]
            if self._tells_when(right):
                left, right, operator = right, left, _FLIPPED[operator]
            if not self._tells_when(left):
                return None
            pairs = [(operator, right)]
        else:
            return None
        column = strings(left.column_ref.fields)[-1]
        is_zoned = without_modifier(self.types[column]) == "timestamp with time zone"
        for _, value in pairs:
            if columns_of(value) or not _is_steady(value):
                raise Unfit("its bounds in time are not known before it runs")
            if not is_zoned and not _is_free_of_zones(value):
                raise Unfit("its bounds in time depend on the session's time zone")
        return tuple((column, Bound(operator, value, _is_day(value))) for operator, value in pairs)

    def _tells_when(self, node: Tree) -> bool:
        return self._is_column(node) and self._is_moment(strings(node.column_ref.fields)[-1])

    def _demand_condition(self, node: Tree) -> None:
        for each in nodes(node):
            kind = each.WhichOneof("node")
            if kind == "func_call" or (kind == "column_ref" and not self._is_column(each)):
                raise Unfit("its conditions call functions")
            if kind == "column_ref" and self._is_moment(strings(each.column_ref.fields)[-1]):
                raise Unfit("its conditions ask a moment otherwise than by bounds")
            if kind == "sqlvalue_function":
                raise Unfit("its conditions ask who or when")

    def _read_outputs(self, keys: Sequence[str], expressions: Sequence[Tree]) -> None:
        """Collect the aggregates; whatever else is put out must be a key."""
        known = {without_places(each) for each in expressions}
        aliases = {target.res_target.name for target in self.select.target_list}
        sorts = [each.sort_by.node for each in self.select.sort_clause]
        having = [self.select.having_clause] if self.select.HasField("having_clause") else []
        pending = [*(target.res_target.val for target in self.select.target_list), *having]
        pending += [
            each
            for each in sorts
            if not (each.WhichOneof("node") == "column_ref" and strings(each.column_ref.fields)[-1] in aliases)
        ]
        while pending:
            node = pending.pop()
            if not is_node(node):
                pending.extend(children(node))
                continue
            kind = node.WhichOneof("node")
            if _aggregate_name(node):
                self.aggregates.setdefault(without_places(node), self._aggregate(node))
            elif known and without_places(node) in known:
                continue
            elif kind == "param_ref":
                raise Unfit("what it makes of its sums depends on constants that were not seen")
            elif kind == "column_ref":
                if not self._is_column(node) or strings(node.column_ref.fields)[-1] not in keys:
                    raise Unfit("it puts out what it neither groups by nor sums up")
            elif (
                kind == "func_call"
                and strings(node.func_call.funcname)[-1:]
                and (strings(node.func_call.funcname)[-1] not in _HARMLESS)
            ):
                raise Unfit("it calls functions on its sums")
            else:
                pending.extend(children(node))

    def _aggregate(self, node: Tree) -> Aggregate:
        call = node.func_call
        if any(not self._is_column(each) for each in nodes(node) if each.WhichOneof("node") == "column_ref"):
            raise Unfit("it sums up what is no column")
        if any(each.WhichOneof("node") == "func_call" for each in nodes(node) if each is not node):
            raise Unfit("it sums up what functions make")
        arguments = list(call.args)
        column = ""
        if len(arguments) == 1 and self._is_column(arguments[0]):
            column = strings(arguments[0].column_ref.fields)[-1]
        is_plain = (call.agg_star or bool(column)) and not call.agg_order and not call.agg_within_group
        if call.HasField("agg_filter"):
            self._demand_condition(call.agg_filter)
        try:
            sql = select_list([bare(node)])
        except UnreadableSqlError as error:
            raise Unfit("it cannot be written") from error
        return Aggregate(
            node=node,
            name=_aggregate_name(node),
            argument=column,
            filter=bare(call.agg_filter) if call.HasField("agg_filter") else None,
            sql=sql,
            is_distinct=bool(call.agg_distinct),
            is_plain=bool(is_plain),
        )


def _conjuncts(node: Tree) -> Iterator[Tree]:
    if node.WhichOneof("node") == "bool_expr" and node.bool_expr.boolop == _AND:
        for argument in node.bool_expr.args:
            yield from _conjuncts(argument)
    else:
        yield node


def _is_steady(node: Tree) -> bool:
    """Whether an expression without columns has one value for a whole statement."""
    for each in nodes(node):
        kind = each.WhichOneof("node")
        if kind == "sub_link" or (kind == "func_call" and strings(each.func_call.funcname)[-1] not in _KNOWN):
            return False
    return True


def _is_free_of_zones(node: Tree) -> bool:
    kinds = {each.WhichOneof("node") for each in nodes(node)}
    return not kinds & {"sqlvalue_function", "func_call"}


def _is_day(node: Tree) -> bool:
    """Whether a value is a date by its form: CURRENT_DATE, ``… ::date``, and either less or more some days."""
    kind = node.WhichOneof("node")
    if kind == "sqlvalue_function":
        field = node.sqlvalue_function.DESCRIPTOR.fields_by_name["op"]
        return bool(field.enum_type.values_by_number[node.sqlvalue_function.op].name == "SVFOP_CURRENT_DATE")
    if kind == "type_cast":
        return strings(node.type_cast.type_name.names)[-1:] == ("date",)
    if kind == "a_expr" and strings(node.a_expr.name)[-1:] in {("-",), ("+",)}:
        days = constant_value(node.a_expr.rexpr)
        is_number = days is not None and days.is_bare and days.text is not None and days.text.isdecimal()
        is_open = without_casts(node.a_expr.rexpr).WhichOneof("node") == "param_ref"
        return _is_day(node.a_expr.lexpr) and (is_number or is_open)
    return False
