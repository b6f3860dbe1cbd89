"""How many rows an index holds."""

from pgclinic.model.catalog import IndexDefinition, Relation
from pgclinic.sizes import believable
from pgclinic.sizes.keys import Known
from pgclinic.sizes.types import PAGE

_PREDICATE_SELECTIVITY = 0.1
"""Of a predicate that no planner was asked about."""


def live_rows(relation: Relation) -> float:
    """Rows as the planner sees them: the density last known, times the length of the file now."""
    tuples, pages = believable.rows(relation.tuples), believable.pages(relation.pages)
    return believable.rows(tuples / pages * heap_pages(relation)) if pages else tuples


def heap_pages(relation: Relation) -> int:
    """Pages of the table now, or as the planner last knew them where a lock hid the file."""
    return believable.pages(relation.pages if relation.heap_bytes is None else relation.heap_bytes // PAGE)


def indexed_rows(relation: Relation, definition: IndexDefinition, known: Known) -> float:
    """Rows of the table that the index holds."""
    if not definition.predicate:
        return live_rows(relation)
    selectivity = _PREDICATE_SELECTIVITY if known.selectivity is None else known.selectivity
    return live_rows(relation) * selectivity
