"""Questions about one table that several rooms ask of a snapshot."""

from typing import TYPE_CHECKING

from pgclinic.model.names import ObjectName

if TYPE_CHECKING:
    from pgclinic.model.catalog import Relation
    from pgclinic.model.snapshot import Snapshot

_STORED = {"r", "m"}


def stored(snapshot: "Snapshot") -> "tuple[Relation, ...]":
    """Tables and materialized views that hold rows themselves: no views, no partitioned parents, nothing temporary."""
    return tuple(
        relation for relation in snapshot.relations if relation.kind in _STORED and relation.persistence != "t"
    )


def known_rows(snapshot: "Snapshot", relation: "Relation") -> float:
    """How many rows a table holds, as far as is known; of a partitioned table, all of its partitions together.

    The larger of pg_class.reltuples and the live rows counted, because each forgets: the first until ANALYZE,
    the second at a reset of the statistics.
    """
    if relation.kind == "p":
        return sum(known_rows(snapshot, child) for child in snapshot.children_of.get(relation.oid, ()))
    counters = snapshot.counters_of.get(relation.oid)
    return max(relation.tuples, counters.n_live_tup if counters else 0, 0)


def heap_bytes(snapshot: "Snapshot", relation: "Relation") -> int:
    """The size of a table's main file; by the planner's page count where a lock hid the file."""
    if relation.heap_bytes is not None:
        return relation.heap_bytes
    return relation.pages * snapshot.server.block_size


def known_pages(snapshot: "Snapshot", relation: "Relation") -> int:
    """Pages of a table's main file; of a partitioned table, of all of its partitions together."""
    if relation.kind == "p":
        return sum(known_pages(snapshot, child) for child in snapshot.children_of.get(relation.oid, ()))
    return heap_bytes(snapshot, relation) // snapshot.server.block_size


def unwritten_since(snapshot: "Snapshot", relation: "Relation") -> str | None:
    """When a table was last analysed, if nothing was written to it since; ISO 8601, or None when that is not known.

    A refresh counts as writing to a materialized view (``RefreshMatViewByOid`` in matview.c reports its rows).
    """
    counters = snapshot.counters_of.get(relation.oid)
    if counters is None or counters.n_mod_since_analyze:
        return None
    return max(filter(None, (counters.last_analyze, counters.last_autoanalyze)), default=None)


def refreshes_concurrently(snapshot: "Snapshot", view: "Relation") -> bool:
    """Whether a materialized view has the index that CONCURRENTLY needs (``is_usable_unique_index`` in matview.c)."""
    return any(
        index.definition.is_unique
        and index.is_valid
        and not index.definition.predicate
        and all(key.is_column for key in index.definition.keys)
        for index in snapshot.indexes_of.get(view.oid, ())
    )


def option(relation: "Relation", name: str) -> str | None:
    """A storage parameter of a table, or None when it is not set."""
    for pair in relation.options:
        key, _, value = pair.partition("=")
        if key == name:
            return value
    return None


def table_object(relation: "Relation") -> ObjectName:
    """The table (or view, …) as the object of a finding."""
    kind = {"v": "view", "m": "materialized view", "f": "foreign table"}.get(relation.kind, "table")
    return ObjectName(kind, relation.name, relation.schema)
