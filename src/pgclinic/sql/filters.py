"""A SELECT with filters that may be off, as one that is put together of those that are on."""

from collections.abc import Iterator, Sequence

import msgspec

from pgclinic.sql import quote
from pgclinic.sql.clauses import outermost_select
from pgclinic.sql.operands import without_casts
from pgclinic.sql.statements import kind
from pgclinic.sql.tokens import tokens_of
from pgclinic.sql.tree import Node, Tree, nodes, parse_one, replace_nodes, select_list, strings, written

_AND, _OR = 1, 2
_IS_NULL = 1
_SETOP_NONE = 1
_MARK = 60_000
"""A parameter that stands for all filters together: more than a statement can have."""


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """A condition that holds for every row when parameter ``number`` is null.

    ``condition`` is what it demands otherwise, as SQL with ``$n``. ``otherwise`` is what it demands of rows all the
    same when it is off (``column = coalesce($1, column)`` leaves nulls out), or empty. ``column`` is the one that is
    compared first, for people.
    """

    number: int
    condition: str
    column: str
    otherwise: str = ""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """A SELECT taken apart: ``head`` ends within WHERE, where the filters go, and ``tail`` goes on after them."""

    tree: Tree
    filters: tuple[Filter, ...]
    head: str
    tail: str

    def with_filters(self, numbers: Sequence[int]) -> str:
        """The statement with only these filters. Raises UnreadableSqlError."""
        wanted = [each.condition if each.number in numbers else each.otherwise for each in self.filters]
        return f"{self.head}{' and '.join(['true', *filter(None, wanted)])}{self.tail}"


def search(sql: str) -> Search | None:
    """The statement taken apart; None without filters that may be off, and for what is no plain SELECT.

    Raises UnreadableSqlError.
    """
    tree = parse_one(sql)
    select = outermost_select(tree)
    if select is None or select.op != _SETOP_NONE or kind(sql).writes or not select.HasField("where_clause"):
        return None
    filters: list[Filter] = []
    rest: list[Tree] = []
    for condition in _conjuncts(select.where_clause):
        found = _optional(condition)
        if found is None:
            rest.append(condition)
        else:
            filters.append(found)
    elsewhere = _numbers([*rest, *select.target_list, *select.from_clause, *select.group_clause])
    if not filters or len({each.number for each in filters}) < len(filters):
        return None
    if elsewhere & {each.number for each in filters}:
        return None  # it is not only a filter
    where = parse_one(f"select where ${_MARK}::boolean and true").stmts[0].stmt.select_stmt.where_clause
    mark = parse_one(f"select ${_MARK}").stmts[0].stmt.select_stmt.target_list[0].res_target.val
    del where.bool_expr.args[:]
    for condition in (*rest, mark):
        where.bool_expr.args.add().CopyFrom(condition)
    copy = type(tree)()
    copy.CopyFrom(tree)
    copy.stmts[0].stmt.select_stmt.where_clause.CopyFrom(where if rest else mark)
    text = written(copy)
    encoded = text.encode()
    place = next(each for each in tokens_of(text) if encoded[each.start : each.end] == f"${_MARK}".encode())
    return Search(
        tree=tree,
        filters=tuple(filters),
        head=encoded[: place.start].decode(),
        tail=encoded[place.end :].decode(),
    )


def _conjuncts(node: Tree) -> Iterator[Tree]:
    if node.WhichOneof("node") == "bool_expr" and node.bool_expr.boolop == _AND:
        for argument in node.bool_expr.args:
            yield from _conjuncts(argument)
    else:
        yield node


def _optional(condition: Tree) -> Filter | None:
    """``$1 is null or …``, or ``column = coalesce($1, column)``."""
    if condition.WhichOneof("node") == "bool_expr" and condition.bool_expr.boolop == _OR:
        arms = list(condition.bool_expr.args)
        tested = [_null_tested(arm) for arm in arms]
        others = [arm for arm, number in zip(arms, tested, strict=True) if not number]
        numbers = {number for number in tested if number}
        if len(numbers) != 1 or not others:
            return None
        (number,) = numbers
        column = next(_columns(others), "")
        text = " or ".join(select_list([each]) for each in others)
        return Filter(number=number, condition=f"({text})", column=column) if column else None
    if condition.WhichOneof("node") != "a_expr" or strings(condition.a_expr.name) != ("=",):
        return None
    left, right = condition.a_expr.lexpr, condition.a_expr.rexpr
    arguments = right.coalesce_expr.args
    if left.WhichOneof("node") != "column_ref" or len(arguments) != 2:  # noqa: PLR2004 - the parameter and the column
        return None
    first, second = without_casts(arguments[0]), arguments[1]
    is_same = second.WhichOneof("node") == "column_ref" and _fields(second) == _fields(left)
    if first.WhichOneof("node") != "param_ref" or not is_same:
        return None
    name = select_list([left])
    return Filter(
        number=first.param_ref.number,
        condition=f"{name} = {select_list([arguments[0]])}",
        column=strings(left.column_ref.fields)[-1],
        otherwise=f"{name} is not null",
    )


def _fields(node: Tree) -> tuple[str, ...]:
    return strings(node.column_ref.fields)


def _null_tested(node: Tree) -> int:
    """The number of the parameter that is tested for null; 0 for anything else."""
    if node.WhichOneof("node") != "null_test" or node.null_test.nulltesttype != _IS_NULL:
        return 0
    bare = without_casts(node.null_test.arg)
    return bare.param_ref.number if bare.WhichOneof("node") == "param_ref" else 0


def _columns(found: Sequence[Tree]) -> Iterator[str]:
    for node in (each for tree in found for each in nodes(tree)):
        if node.WhichOneof("node") == "column_ref":
            yield from strings(node.column_ref.fields)[-1:]


def _numbers(trees: Sequence[Tree]) -> frozenset[int]:
    everything = (node for tree in trees for node in nodes(tree))
    return frozenset(node.param_ref.number for node in everything if node.WhichOneof("node") == "param_ref")


def casts(tree: Tree) -> dict[int, str]:
    """The type, as SQL, that each parameter is cast to where it is, the first cast counting."""
    found: dict[int, str] = {}
    for node in nodes(tree):
        if node.WhichOneof("node") == "type_cast" and node.type_cast.arg.WhichOneof("node") == "param_ref":
            copy = Node()
            copy.CopyFrom(node)
            found.setdefault(node.type_cast.arg.param_ref.number, select_list([copy]).partition("::")[2])
    return found


def body_of(found: Search) -> str:
    """A PL/pgSQL block that runs the statement with the filters whose parameters are not null.

    The values are handed over beside the text, which is planned for them each time. ``$n`` are the function's own.
    """
    highest = max((_numbers([found.tree.stmts[0].stmt])), default=0)
    lines = ["begin", "    return query execute", f"        {quote.literal(found.head + 'true')}"]
    for each in found.filters:
        off = quote.literal(f" and {each.otherwise}") if each.otherwise else "''"
        on = quote.literal(f" and {each.condition}")
        lines.append(f"        || case when ${each.number} is null then {off} else {on} end")
    lines += [
        f"        || {quote.literal(found.tail)}",
        f"        using {', '.join(f'${number}' for number in range(1, highest + 1))};",
        "end",
    ]
    return "\n".join(lines)


def renumbered(sql: str) -> tuple[str, tuple[int, ...]]:
    """The statement with its parameters numbered without gaps, and their old numbers. Raises UnreadableSqlError."""
    tree = parse_one(sql)
    old = tuple(sorted(_numbers([tree.stmts[0].stmt])))
    new = {number: place for place, number in enumerate(old, 1)}

    def replacement(node: Tree) -> Tree | None:
        if node.WhichOneof("node") != "param_ref":
            return None
        parameter = Node()
        parameter.param_ref.number = new[node.param_ref.number]
        return parameter

    replace_nodes(tree, replacement)
    return written(tree), old
