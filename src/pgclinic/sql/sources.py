"""Where the columns of a query come from: tables and their columns under the names that the query gives them."""

from collections.abc import Callable, Iterator

import msgspec

from pgclinic.model.names import RelationName
from pgclinic.model.shape import Condition, OrderKey, Predicate, RelationUse


class CatalogRelation(msgspec.Struct, frozen=True):
    """What the resolver knows of a relation: its name, columns in order, and its query when it is a view.

    ``policies`` are the conditions of row-level security that every statement of the role gets: of each inner tuple
    (as SQL over the table's columns) one must hold.
    """

    name: RelationName
    columns: tuple[str, ...]
    definition: str = ""
    policies: tuple[tuple[str, ...], ...] = ()


Resolver = Callable[[str, str], CatalogRelation | None]
"""From schema (empty when not given) and name to the relation that the statement means, or None."""


class Use:
    """A RelationUse in the making."""

    def __init__(self, relation: CatalogRelation) -> None:
        self.relation = relation
        self.conditions: dict[Condition, None] = {}
        self.orders: dict[tuple[OrderKey, ...], None] = {}
        self.groups: dict[tuple[OrderKey, ...], None] = {}
        self.columns: set[str] = set()
        self.compared: set[str] = set()

    def finished(self) -> RelationUse:
        """The value."""
        columns = [each for each in self.conditions if each.is_column]
        predicates = (Predicate(each.operand, each.operator, each.is_list, each.is_join) for each in columns)
        order = next(iter(self.orders), ())
        group = next(iter(self.groups), ())
        return RelationUse(
            relation=self.relation.name,
            predicates=tuple(dict.fromkeys(predicates)),
            order=order if all(key.is_column for key in order) else (),
            group=tuple(key.column for key in group if key.is_column),
            columns=frozenset(self.columns),
            reads_all=len(self.columns) == len(self.relation.columns),
            conditions=tuple(self.conditions),
            orders=tuple(self.orders),
            groups=tuple(self.groups),
            compared=frozenset(self.compared),
        )


class Column(msgspec.Struct, frozen=True):
    """A column of a table that a reference leads to; ``twins`` are those in the same place of a UNION's other arms."""

    use: Use
    name: str
    twins: tuple["Column", ...] = ()

    def everywhere(self) -> Iterator["Column"]:
        """The column and its twins."""
        yield self
        for twin in self.twins:
            yield from twin.everywhere()


Outputs = dict[str, "Column | None"]
"""A source's columns by name; None for one that is computed."""

Scope = dict[str, Outputs]
"""Sources of one query level by alias."""


def note(column: Column, condition: Condition) -> None:
    """Remember a condition on a column, which takes the place of the condition's operand."""
    for each in column.everywhere():
        is_here = each is column
        clause = condition.clause if is_here else ""
        each.use.conditions[msgspec.structs.replace(condition, operand=each.name, clause=clause)] = None
        each.use.columns.add(each.name)
        each.use.compared.add(each.name)


def read(column: Column | None, *, is_compared: bool = False) -> Column | None:
    """Remember that a column is read; gives it back."""
    for each in column.everywhere() if column is not None else ():
        each.use.columns.add(each.name)
        if is_compared:
            each.use.compared.add(each.name)
    return column


def read_all(outputs: Outputs) -> None:
    """Remember that every column of a source is read."""
    for column in outputs.values():
        read(column)


def united(arms: tuple[Outputs, ...]) -> Outputs:
    """The columns of a UNION: named as in its first arm, each with its twins in the others."""
    first, *others = arms
    rest = [tuple(other.values()) for other in others]
    found: Outputs = {}
    for position, (name, column) in enumerate(first.items()):
        twins = [other[position] for other in rest if position < len(other)]
        if column is not None:
            known = tuple(twin for twin in twins if twin is not None)
            column = Column(column.use, column.name, (*column.twins, *known))  # noqa: PLW2901 - with its twins
        found[name] = column
    return found
