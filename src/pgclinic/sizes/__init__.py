"""How large an index would be, and how long it would take to make: estimated from statistics alone.

The budget of a search is counted in these sizes, so they are compared with really built indexes in the tests.
``Known`` is what a planner can add to a snapshot: the selectivity of a predicate, the statistics of expressions.
"""

from pgclinic.model.catalog import IndexDefinition, Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.sizes import believable, btree, building, gist, hashed
from pgclinic.sizes.brin import BrinPages, brin_pages
from pgclinic.sizes.btree import level as btree_level
from pgclinic.sizes.gin import GinPages, gin_pages
from pgclinic.sizes.keys import NOTHING, Known
from pgclinic.sizes.rows import heap_pages, indexed_rows, live_rows

__all__ = [
    "NOTHING",
    "BrinPages",
    "GinPages",
    "Known",
    "brin_pages",
    "btree_level",
    "build_seconds",
    "gin_pages",
    "heap_pages",
    "index_pages",
    "indexed_rows",
    "leaves_of",
    "live_rows",
]


def index_pages(snapshot: Snapshot, relation: Relation, definition: IndexDefinition, known: Known = NOTHING) -> int:
    """Pages of the index if it were built now, with its metapage. ``relation`` may be one partition of many."""
    match definition.method:
        case "gin":
            found = gin_pages(snapshot, relation, definition, known).total
        case "brin":
            found = brin_pages(snapshot, relation, definition, known).total
        case "hash":
            found = hashed.pages(snapshot, relation, definition, known)
        case "gist" | "spgist":
            found = gist.pages(snapshot, relation, definition, known)
        case _:
            found = btree.pages(snapshot, relation, definition, known)
    return believable.pages(found)


def build_seconds(
    snapshot: Snapshot, relation: Relation, definition: IndexDefinition, pages: int | None = None
) -> float:
    """Seconds that CREATE INDEX would take, roughly; of a partitioned table, of all partitions one after another.

    ``pages`` is the index's length where it is known better than from the snapshot alone.
    """
    leaves = leaves_of(snapshot, relation)
    lengths = [index_pages(snapshot, each, definition) for each in leaves]
    scale = pages / max(1, sum(lengths)) if pages is not None else 1.0
    return sum(
        building.seconds(definition.method, live_rows(each), heap_pages(each), round(length * scale))
        for each, length in zip(leaves, lengths, strict=True)
    )


def leaves_of(snapshot: Snapshot, relation: Relation) -> list[Relation]:
    """The tables that hold the relation's rows: itself, or the partitions below it."""
    found = [relation]
    for parent in found:
        if parent.kind == "p":
            found += snapshot.children_of.get(parent.oid, ())
    return [each for each in found if each.kind != "p"]
