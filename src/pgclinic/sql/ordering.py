"""Which orders a query asks for: ORDER BY, GROUP BY, DISTINCT, windows, the ends of a column."""

from collections.abc import Iterable, Iterator, Sequence

from pgclinic.model.shape import Condition, OrderKey
from pgclinic.sql.conditions import Reading
from pgclinic.sql.levels import Level
from pgclinic.sql.operands import children, end_of_column, is_node, without_relabelling
from pgclinic.sql.sources import Column, Outputs, Use, read
from pgclinic.sql.tree import Tree, strings

_SORT_DESCENDING = 3
_NULLS_DEFAULT, _NULLS_FIRST = 1, 2
_DISTANCE = "<->"

_Key = tuple[Use, OrderKey] | None
"""A key of an order and the table that it is of; None for what no index of one table holds."""


class Ordering:
    """The orders of one query; ``outputs`` are the columns of its select list by name."""

    def __init__(self, query: Tree, level: Level, outputs: Outputs, reading: Reading) -> None:
        self.query = query
        self.level = level
        self.outputs = outputs
        self.targets = [wrapper.res_target.val for wrapper in query.target_list]
        self.reading = reading

    def note(self) -> None:
        """Remember every order with its table."""
        query = self.query
        sorts = [self.sort_key(wrapper.sort_by) for wrapper in query.sort_clause]
        groups = [self.key(node) for node in _flat(query.group_clause)]
        distinct = [self.key(node) for node in query.distinct_clause if node.WhichOneof("node")]
        if query.distinct_clause and not distinct:
            distinct = [self.key(target) for target in self.targets]
        if not groups or all(key in _bare(groups) for key in _bare(sorts)):
            _note_order(sorts)
        elif sorts:
            _note_group(groups)
        _note_group(groups)
        _note_group(distinct)
        if not sorts and not groups:
            self.ends()
        for window in self.windows():
            keys = [self.key(node) for node in window.partition_clause]
            _note_order([*keys, *(self.sort_key(wrapper.sort_by) for wrapper in window.order_clause)])

    def windows(self) -> Iterator[Tree]:
        """Every window's definition, in the WINDOW clause or at its function."""
        yield from (wrapper.window_def for wrapper in self.query.window_clause)
        pending = list(reversed(self.targets))
        while pending:
            current = pending.pop()
            if is_node(current) and current.WhichOneof("node") == "func_call" and current.func_call.HasField("over"):
                yield current.func_call.over
            if not is_node(current) or current.WhichOneof("node") != "sub_link":
                pending.extend(reversed(children(current)))

    def ends(self) -> None:
        """``max(column)`` is the first row of an order by it (planagg.c); nulls come last, being no value."""
        for target in self.targets:
            end = end_of_column(target)
            key = self.key(end[0]) if end else None
            if end and key is not None and key[1].is_column and not key[0].orders:
                order = OrderKey(key[1].column, descending=end[1], nulls_first=end[1])
                key[0].orders[(order,)] = None

    def sort_key(self, sort: Tree) -> _Key:
        """A key with its direction."""
        descending = sort.sortby_dir == _SORT_DESCENDING
        explicit = sort.sortby_nulls
        nulls_first = descending if explicit == _NULLS_DEFAULT else explicit == _NULLS_FIRST
        self.distance(sort.node)
        key = self.key(sort.node)
        if key is None:
            return None
        use, plain = key
        return use, OrderKey(plain.column, descending, nulls_first, plain.is_column)

    def key(self, node: Tree) -> _Key:
        """A key in the default direction; a lone name is an output's before it is a source's (parse_clause.c)."""
        if node.WhichOneof("node") == "a_const" and node.a_const.HasField("ival"):
            position = node.a_const.ival.ival
            node = self.targets[position - 1] if 0 < position <= len(self.targets) else node
        bare = without_relabelling(node)
        if bare.WhichOneof("node") == "column_ref":
            column = self.named(bare)
            if column is not None:
                read(column, is_compared=True)
                return column.use, OrderKey(column.name)
            computed = self.computed(strings(bare.column_ref.fields))
            if computed is None:
                return None
            node = computed
        self.reading.expression(node, self.level, is_compared=True)
        own = self.level.own_sql(node)
        return (own[0], OrderKey(own[1], is_column=False)) if own else None

    def named(self, reference: Tree) -> Column | None:
        """The column that a name in ORDER BY or GROUP BY means."""
        names = strings(reference.column_ref.fields)
        own = self.outputs.get(names[0]) if len(names) == 1 else None
        return own or self.level.column(reference.column_ref)

    def computed(self, names: tuple[str, ...]) -> Tree | None:
        """The expression that the select list gives a lone name to."""
        targets = (wrapper.res_target for wrapper in self.query.target_list)
        return next((target.val for target in targets if names == (target.name,)), None)

    def distance(self, node: Tree) -> None:
        """``order by column <-> constant``: the nearest first, which GiST delivers."""
        if node.WhichOneof("node") != "a_expr" or strings(node.a_expr.name)[-1:] != (_DISTANCE,):
            return
        for side in (node.a_expr.lexpr, node.a_expr.rexpr):
            column = self.level.column(side.column_ref) if side.WhichOneof("node") == "column_ref" else None
            if column is not None:
                condition = Condition(operand=column.name, operator=_DISTANCE)
                column.use.conditions[condition] = None


def _flat(clause: Iterable[Tree]) -> Iterator[Tree]:
    """The expressions of a GROUP BY, those inside ROLLUP, CUBE and GROUPING SETS too."""
    for node in clause:
        if node.WhichOneof("node") == "grouping_set":
            yield from _flat(node.grouping_set.content)
        elif node.WhichOneof("node") == "row_expr":
            yield from _flat(node.row_expr.args)
        else:
            yield node


def _bare(keys: Iterable[_Key]) -> list[tuple[int, str] | None]:
    return [(id(key[0]), key[1].column) if key else None for key in keys]


def _note_order(keys: Sequence[_Key]) -> None:
    """Their longest prefix of one table; a sort by it leaves only an incremental sort to do."""
    if not keys or keys[0] is None:
        return
    use = keys[0][0]
    prefix: list[OrderKey] = []
    for key in keys:
        if key is None or key[0] is not use:
            break
        prefix.append(key[1])
    use.orders[tuple(dict.fromkeys(prefix))] = None


def _note_group(keys: Sequence[_Key]) -> None:
    """Those of the first key's table: rows can come in any order of them."""
    if keys and keys[0] is not None:
        use = keys[0][0]
        use.groups[tuple(dict.fromkeys(key[1] for key in keys if key is not None and key[0] is use))] = None
