"""How long a table is worked on as a whole: read from end to end, or written anew with its indexes; estimated.

By the throughput that index builds were measured with (``building``), everything in memory: a slow disk needs longer.
"""

from pgclinic.model.catalog import Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.sizes import build_seconds, heap_pages, leaves_of, live_rows
from pgclinic.sizes.building import BYTES_READ_A_SECOND, BYTES_WRITTEN_A_SECOND
from pgclinic.sizes.types import PAGE

_SECONDS_A_ROW_READ = 0.1e-6
_SECONDS_A_ROW_CHANGED = 4e-6
"""Finding, writing and logging a row version, and as much for an entry in each index: a rule of thumb."""


def stored_bytes(snapshot: Snapshot, relation: Relation) -> int:
    """The rows of a table and what is kept apart of them, of all its partitions together; indexes are not counted."""
    return sum(heap_pages(each) * PAGE + (each.toast_bytes or 0) for each in leaves_of(snapshot, relation))


def reading_seconds(snapshot: Snapshot, relation: Relation) -> float:
    """Seconds of reading every row once."""
    leaves = leaves_of(snapshot, relation)
    pages, rows = sum(map(heap_pages, leaves)), sum(map(live_rows, leaves))
    return pages * PAGE / BYTES_READ_A_SECOND + rows * _SECONDS_A_ROW_READ


def rewriting_seconds(snapshot: Snapshot, relation: Relation) -> float:
    """Seconds of writing the table anew and building its indexes again."""
    size = stored_bytes(snapshot, relation)
    indexes = sum(
        build_seconds(snapshot, relation, index.definition) for index in snapshot.indexes_of.get(relation.oid, ())
    )
    return size / BYTES_READ_A_SECOND + size / BYTES_WRITTEN_A_SECOND + indexes


def changing_seconds(snapshot: Snapshot, relation: Relation, rows: float) -> float:
    """Seconds of updating so many rows, an entry in each index for every one of them."""
    indexes = len(snapshot.indexes_of.get(relation.oid, ()))
    return rows * _SECONDS_A_ROW_CHANGED * (1 + indexes)


def row_bytes(relation: Relation) -> float:
    """Bytes of the table's file for each row."""
    rows = live_rows(relation)
    return heap_pages(relation) * PAGE / rows if rows else 0.0
