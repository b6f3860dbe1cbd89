"""Updates write into every index of a table, though none of the indexed columns changes.

What it sees:
    Tables with at least `min_updates` updates, and more of them than rows, fewer than `low_share` of which were
    heap-only (HOT), while the statements of pg_stat_statements that update most of the rows assign no column of any
    index: then only room on the page was missing. Where most assign an indexed column, that is said instead.

Why it matters:
    A heap-only update leaves the indexes alone and is cleared without vacuum. Any other writes an entry into each
    index of the table, and WAL for it, and leaves work for vacuum.

What to do:
    Set a fillfactor of 90 or less, so that new pages keep room for new versions of their rows; pages that are full now
    change only when they are rewritten. Or drop the index on a column that changes all the time.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Relation
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, option, stored, table_object
from pgclinic.remedies import set_storage_parameters
from pgclinic.sql.counted import counted
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.updates import Update, indexed_columns, updates

FAMILY = "storage"
NEEDS = ("table_counters", "indexes", "statements", "columns")
_FULL = 100
_SUMMARIZING_SINCE = 16
"""The server version from which on a BRIN index does not keep an update from being heap-only."""


def examine(snapshot: Snapshot, *, min_updates: int = 10_000, low_share: float = 0.5) -> Iterator[Finding]:
    """Tables whose updates could be cheaper, in the order of the catalog."""
    suspects = [table for table in stored(snapshot) if _is_suspect(snapshot, table, min_updates, low_share)]
    if not suspects:
        return
    updated = _rows_by_columns(snapshot)
    all_updates = sum(counters.n_tup_upd for counters in snapshot.table_counters)
    for table in suspects:
        indexed = _indexed(snapshot, table)
        mine = updated.get(table.oid, [])
        known = sum(rows for _, rows in mine)
        blocked = [(columns & indexed, rows) for columns, rows in mine if columns & indexed]
        is_blocked = sum(rows for _, rows in blocked) > known / 2
        if not known or (is_blocked is False and int(option(table, "fillfactor") or _FULL) < _FULL):
            continue
        counters = snapshot.counters_of[table.oid]
        yield Finding(
            check="few_hot_updates",
            severity=Severity.INFO if is_blocked else Severity.NOTICE,
            object=table_object(table),
            summary=(
                "Only {hot} of {updates} updates of {table} were heap-only: most change {columns}, which is indexed."
                if is_blocked
                else "Only {hot} of {updates} updates of {table} were heap-only, though no indexed column changes."
            ),
            advice=(
                "See whether an index needs {columns}."
                if is_blocked
                else "Set a fillfactor of 90 for {table}, so that pages keep room for new versions of their rows."
            ),
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("hot", counters.n_tup_hot_upd / counters.n_tup_upd, Unit.RATIO),
                Fact("updates", counters.n_tup_upd),
                Fact("columns", ", ".join(sorted(frozenset().union(*(names for names, _ in blocked)))), Unit.TEXT),
                Fact("indexes", len(snapshot.indexes_of.get(table.oid, ()))),
            ),
            burden=(counters.n_tup_upd - counters.n_tup_hot_upd) / all_updates,
            remedy=None if is_blocked else set_storage_parameters.remedy(table, {"fillfactor": "90"}),
        )


def _is_suspect(snapshot: Snapshot, table: Relation, min_updates: int, low_share: float) -> bool:
    counters = snapshot.counters_of.get(table.oid)
    return (
        counters is not None
        and table.kind == "r"
        and counters.n_tup_upd >= max(min_updates, known_rows(snapshot, table))
        and counters.n_tup_hot_upd < low_share * counters.n_tup_upd
        and table.oid in snapshot.indexes_of
    )


def _indexed(snapshot: Snapshot, table: Relation) -> frozenset[str]:
    return frozenset().union(
        *(
            indexed_columns(index)
            for index in snapshot.indexes_of.get(table.oid, ())
            if index.definition.method != "brin" or snapshot.server.major < _SUMMARIZING_SINCE
        )
    )


def _rows_by_columns(snapshot: Snapshot) -> dict[int, list[tuple[frozenset[str], int]]]:
    """By table, what each statement assigns and how many rows it has changed."""
    found: dict[int, list[tuple[frozenset[str], int]]] = {}
    for statement in counted(snapshot.statements).statements:
        if statement.verb not in {"update", "insert"}:
            continue
        try:
            changes = updates(statement.text)
        except UnreadableSqlError:
            continue
        for change in changes:
            table = _meant(snapshot, change)
            if table is not None:
                found.setdefault(table.oid, []).append((change.columns, statement.rows))
    return found


def _meant(snapshot: Snapshot, change: Update) -> Relation | None:
    """The table; without a schema only when a single table has the name, because search paths are not known."""
    if change.schema:
        return snapshot.relation_by_name.get(RelationName(change.schema, change.table))
    named = [relation for relation in snapshot.relations if relation.name == change.table]
    return named[0] if len(named) == 1 else None
