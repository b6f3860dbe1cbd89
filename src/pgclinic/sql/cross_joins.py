"""Tables of one FROM that no condition joins."""

from collections.abc import Iterator

import msgspec

from pgclinic.model.names import RelationName
from pgclinic.sql.clauses import ranges_in_from
from pgclinic.sql.operands import children, is_node, without_casts
from pgclinic.sql.sources import Resolver
from pgclinic.sql.tree import Tree, nodes, strings

_AND, _OR = 1, 2
_OP = 1


class Source(msgspec.Struct, frozen=True):
    """A table in a FROM; ``fixed`` are its columns that are compared with a value by equality."""

    relation: RelationName
    fixed: frozenset[str]


def unjoined(tree: Tree, resolver: Resolver) -> tuple[tuple[Source, ...], ...]:
    """The groups of joined tables of the first SELECT that has several; nothing when all are joined.

    Whatever is not sure to be a table, or not sure to be of another group, joins: a sub-select's or function's columns,
    names that could be of any, a value that both are compared with.
    """
    for node in nodes(tree):
        if node.WhichOneof("node") == "select_stmt":
            groups = _groups(node.select_stmt, resolver)
            if len(groups) > 1:
                return groups
    return ()


def _groups(select: Tree, resolver: Resolver) -> tuple[tuple[Source, ...], ...]:
    tables: dict[str, tuple[RelationName, frozenset[str]]] = {}
    sources = ranges_in_from(select)
    for item in sources:
        variable = item.range_var
        relation = resolver(variable.schemaname, variable.relname) if item.HasField("range_var") else None
        if relation is None or relation.definition:
            return ()
        tables[variable.alias.aliasname or variable.relname] = relation.name, frozenset(relation.columns)
    if len(tables) < 2 or len(tables) != len(sources):  # noqa: PLR2004 - one table has nothing to be joined with
        return ()
    union = _Union(tables)
    for item in select.from_clause:
        union.open(item)
    if select.HasField("where_clause"):
        union.note(select.where_clause)
    return union.groups()


class _Union:
    """Which tables belong together."""

    def __init__(self, tables: dict[str, tuple[RelationName, frozenset[str]]]) -> None:
        self.tables = tables
        self.group = {alias: alias for alias in tables}
        self.fixed: dict[str, set[str]] = {alias: set() for alias in tables}
        self.values: dict[str, str] = {}

    def groups(self) -> tuple[tuple[Source, ...], ...]:
        """The tables group by group, in the order of the FROM."""
        found: dict[str, list[Source]] = {}
        for alias, (name, _) in self.tables.items():
            found.setdefault(self.root(alias), []).append(Source(name, frozenset(self.fixed[alias])))
        return tuple(map(tuple, found.values()))

    def root(self, alias: str) -> str:
        """The table that stands for its group."""
        while self.group[alias] != alias:
            alias = self.group[alias]
        return alias

    def unite(self, aliases: set[str]) -> None:
        """These belong together."""
        roots = sorted({self.root(alias) for alias in aliases})
        for each in roots[1:]:
            self.group[each] = roots[0]

    def open(self, item: Tree) -> set[str]:
        """Aliases below an item of the FROM; joins unite them unless their condition is about one side only."""
        if item.WhichOneof("node") == "range_var":
            return {item.range_var.alias.aliasname or item.range_var.relname}
        join = item.join_expr
        below = self.open(join.larg) | self.open(join.rarg)
        if not join.HasField("quals") or not any(True for _ in _columns(join.quals)):
            self.unite(below)
        else:
            self.note(join.quals)
        return below

    def note(self, condition: Tree) -> None:
        """A condition unites all tables whose columns stand in it together; AND takes it apart."""
        if condition.WhichOneof("node") == "bool_expr" and condition.bool_expr.boolop == _AND:
            for argument in condition.bool_expr.args:
                self.note(argument)
            return
        self.unite({alias for reference in _columns(condition) for alias in self.owners(reference)})
        self.compare(condition)

    def compare(self, condition: Tree) -> None:
        """``column = value``: remember the column; two tables that are compared with the same value belong together."""
        expression = condition.a_expr
        if condition.WhichOneof("node") != "a_expr" or expression.kind != _OP or strings(expression.name) != ("=",):
            return
        for side, other in ((expression.lexpr, expression.rexpr), (expression.rexpr, expression.lexpr)):
            bare, value = without_casts(side), without_casts(other)
            if bare.WhichOneof("node") != "column_ref" or any(True for _ in _columns(value)):
                continue
            owners = self.owners(bare.column_ref)
            column = strings(bare.column_ref.fields)[-1]
            for alias in owners:
                self.fixed[alias].add(column)
                # Constants were numbered apart: equal columns compared with some value may be compared with the same.
                for key in (f"column {column}", f"value {value.SerializeToString(deterministic=True)!r}"):
                    self.unite({alias, self.values.setdefault(key, alias)})

    def owners(self, reference: Tree) -> set[str]:
        """The tables that a column may be of: all of them when the name does not say."""
        names = strings(reference.fields)
        if len(names) > 1:
            return {names[-2]} & self.tables.keys()
        having = {alias for alias, (_, columns) in self.tables.items() if names and names[0] in columns}
        return having if len(having) == 1 else set(self.tables)


def _columns(node: Tree) -> Iterator[Tree]:
    """Every column reference below, sub-selects included: a correlated one joins, too."""
    pending = [node]
    while pending:
        current = pending.pop()
        if is_node(current) and current.WhichOneof("node") == "column_ref":
            yield current.column_ref
        pending.extend(children(current))
