"""One query level of a statement: which names can be referred to, and what an expression over them depends on."""

from collections.abc import Iterator, Mapping

import msgspec

from pgclinic.sql.operands import children, is_node, reads_clock
from pgclinic.sql.sources import Column, Outputs, Scope, Use
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tree import Node, Tree, replace_nodes, select_list, strings

_NEVER_INDEXED = frozenset({"sub_link", "param_ref", "grouping_func", "set_to_default"})

_LARGEST_TREE = 10_000
"""Bytes of a tree that is worth writing as SQL: an index is on a few words, not on a list of thousands."""


class Level(msgspec.Struct, frozen=True):
    """``scopes`` are the sources by alias, the innermost query's first; ``queries`` the WITH queries in sight.

    ``depth`` counts views and sub-selects, so that following them ends.
    """

    scopes: tuple[Scope, ...] = ()
    queries: Mapping[str, Outputs] = msgspec.field(default_factory=dict)
    depth: int = 0

    def inside(self, scope: Scope) -> "Level":
        """The level of a query with these sources of its own."""
        return Level((scope, *self.scopes), self.queries, self.depth)

    def outside(self) -> "Level":
        """The level around this one, which a sub-select in FROM sees."""
        return Level(self.scopes[1:], self.queries, self.depth)

    def deeper(self) -> "Level":
        """The same names, one step further down."""
        return Level(self.scopes, self.queries, self.depth + 1)

    def knowing(self, queries: Mapping[str, Outputs]) -> "Level":
        """The same level with these WITH queries."""
        return Level(self.scopes, queries, self.depth)

    def column(self, reference: Tree) -> Column | None:
        """The column that a reference means, innermost query first, as PostgreSQL looks it up (parse_relation.c)."""
        names = strings(reference.fields)
        if not names or len(names) != len(reference.fields):
            return None
        for scope in self.scopes:
            if len(names) > 1:
                if names[-2] in scope:
                    return scope[names[-2]].get(names[-1])
                continue
            found = [outputs[names[0]] for outputs in scope.values() if names[0] in outputs]
            if found:
                return found[0]
        return None

    def row(self, reference: Tree) -> Outputs | None:
        """The source whose whole row a reference means: ``t`` where no column is called so, or ``t.*``."""
        names = strings(reference.fields)
        is_star = bool(reference.fields) and reference.fields[-1].WhichOneof("node") == "a_star"
        if len(names) != 1 or (not is_star and self.column(reference) is not None):
            return None
        return next((scope[names[0]] for scope in self.scopes if names[0] in scope), None)

    def columns_in(self, node: Tree) -> Iterator[Column | None]:
        """What every column reference in an expression, outside of its sub-selects, leads to."""
        pending = [node]
        while pending:
            current = pending.pop()
            kind = current.WhichOneof("node") if is_node(current) else None
            if kind == "column_ref":
                yield self.column(current.column_ref)
            elif kind != "sub_link":
                pending.extend(reversed(children(current)))

    def own_sql(self, node: Tree) -> tuple[Use, str] | None:
        """An expression over the columns of a single table and constants, as SQL with bare column names; else None.

        So for nothing with a parameter, a sub-select, a reading of the clock, an aggregate or a window in it.
        """
        uses: dict[int, Use] = {}
        if node.ByteSize() > _LARGEST_TREE:
            return None
        for column in self.columns_in(node):
            if column is None:
                return None
            uses[id(column.use)] = column.use
        if len(uses) != 1 or any(_is_never_indexed(each) for each in _below(node)):
            return None
        copy = Node()
        copy.CopyFrom(node)
        replace_nodes(copy, self._bare)
        try:
            return next(iter(uses.values())), select_list([copy])
        except UnreadableSqlError:
            return None

    def _bare(self, node: Tree) -> Tree | None:
        column = self.column(node.column_ref) if node.WhichOneof("node") == "column_ref" else None
        if column is None:
            return None
        bare = Node()
        bare.column_ref.fields.add().string.sval = column.name
        return bare


def _below(node: Tree) -> Iterator[Tree]:
    pending = [node]
    while pending:
        current = pending.pop()
        if is_node(current):
            yield current
        pending.extend(children(current))


def _is_never_indexed(node: Tree) -> bool:
    kind = node.WhichOneof("node")
    if kind in _NEVER_INDEXED or reads_clock(node):
        return True
    call = node.func_call
    is_aggregate: bool = call.agg_star or call.agg_distinct or call.HasField("agg_filter") or call.HasField("over")
    return kind == "func_call" and is_aggregate
