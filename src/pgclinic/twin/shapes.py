"""The shapes of what-if indexes, worked out once for all workers."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from pgclinic.model.catalog import IndexDefinition, Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.twin.derived import known_of
from pgclinic.twin.shaping import Shape, shape_of

if TYPE_CHECKING:
    from pgclinic.sizes import Known

_PARTITIONS_ASKED = 16
"""Of a table with more, all others are taken to be like the last: each asking plans or evaluates."""


class Shapes:
    """Shapes by table and definition. May be asked from several threads: one works it out, the others wait for it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._known: dict[tuple[int, IndexDefinition], Known] = {}
        self._asked: dict[IndexDefinition, list[Known]] = {}
        self._shapes: dict[tuple[int, IndexDefinition], Shape] = {}
        self._lock = threading.Lock()

    def prepare(self, table: Relation, definition: IndexDefinition, ask: Callable[[str], bytes]) -> None:
        """Find out what only a planner knows, while the table has its length.

        ``ask`` runs a script as the builder and gives back its one value.
        """
        with self._lock:
            if (table.oid, definition) in self._known:
                return
            asked = self._asked.setdefault(definition, [])
            if len(asked) < _PARTITIONS_ASKED:
                asked.append(known_of(self._snapshot, table, definition, ask))
            self._known[table.oid, definition] = asked[-1]

    def of(self, table: Relation, definition: IndexDefinition) -> Shape:
        """The shape of an index that could be made on ``table``, after ``prepare``."""
        key = (table.oid, definition)
        with self._lock:
            if key not in self._shapes:
                self._shapes[key] = shape_of(self._snapshot, table, definition, self._known[key])
            return self._shapes[key]
