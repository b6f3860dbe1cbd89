"""Where a plan rests on the end of a column that nobody knows.

A planner with rows looks a column's smallest and largest value up in an index when a predicate falls into the outer
bins of the histogram (``ineq_histogram_selectivity`` and ``get_actual_variable_range`` in selfuncs.c). The twin has
the ends that were collected (ColumnEnds); of other columns, or once an index is made on them, it cannot know.
"""

from collections.abc import Callable, Iterator

from pgclinic.model.catalog import Column, Relation
from pgclinic.model.plan import PlanNode
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql import quote
from pgclinic.sql.arrays import parse_array
from pgclinic.sql.ranges import range_comparisons

_FEWEST_BOUNDS = 2


class Ends:
    """``ask`` gives back the one value of a script that runs as the builder, or None where it is refused."""

    def __init__(self, snapshot: Snapshot, ask: Callable[[str], bytes | None]) -> None:
        self._snapshot = snapshot
        self._ask = ask
        self._known = {(each.relation, each.column) for each in snapshot.column_ends}
        self._by_name: dict[str, list[Relation]] = {}
        for relation in snapshot.relations:
            self._by_name.setdefault(relation.name, []).append(relation)

    def unknown_in(self, plan: PlanNode) -> frozenset[str]:
        """``schema.table.column`` of each column whose unknown end the plan's estimates rest on."""
        return frozenset(
            f"{relation.relation_name}.{column.name}"
            for relation, column, constant in self._comparisons(plan)
            if (relation.oid, column.name) not in self._known and self._is_outer(relation, column, constant)
        )

    def _comparisons(self, node: PlanNode) -> Iterator[tuple[Relation, Column, str]]:
        for condition in filter(None, (node.condition, node.filter)):
            for comparison in range_comparisons(condition):
                # EXPLAIN names no schema: of several tables of the name, each that has the column may be meant.
                for relation in self._by_name.get(node.relation, ()):
                    for column in self._snapshot.columns_of.get(relation.oid, ()):
                        if column.name == comparison.column:
                            yield relation, column, comparison.constant
        for child in node.children:
            yield from self._comparisons(child)

    def _is_outer(self, relation: Relation, column: Column, constant: str) -> bool:
        """Whether the constant lies in the first or the last bin of the histogram, or beyond."""
        row = self._snapshot.statistics_of.get((relation.oid, column.name, relation.kind == "p"))
        bounds = list(parse_array(row.histogram_bounds)) if row and row.histogram_bounds else []
        if len(bounds) < _FEWEST_BOUNDS or bounds[1] is None or bounds[-2] is None:
            return False
        first, last = (f"{quote.literal(bound)}::{column.type}" for bound in (bounds[1], bounds[-2]))
        answer = self._ask(
            f"begin read only; select (given.value <= {first} or given.value >= {last})"
            f" from (select {constant} as value) as given; rollback"
        )
        return answer == b"t"
