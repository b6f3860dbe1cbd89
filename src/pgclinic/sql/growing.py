"""Tables that grow in the order of a time and are asked for ranges of it, and what keeps them in one piece."""

from collections.abc import Iterator

import msgspec

from pgclinic.model.catalog import Column, Constraint, Index, Relation
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, stored
from pgclinic.sql.asked import asked

LARGE_BYTES = 536_870_912
"""From here on one piece is a burden to vacuum, reindexing and backups; with indexes and TOAST."""
MANY_ROWS = 1_000_000

_NOTABLE = 0.0001
_RANGE = frozenset({"<", "<=", ">", ">="})
_TIMES = ("date", "timestamp")


class RangeUse(msgspec.Struct, frozen=True):
    """How a column is compared by range: the verbs of the statements that do, and their share of all time together."""

    verbs: frozenset[str] = frozenset()
    share: float = 0.0


class GrowingTable(msgspec.Struct, frozen=True, kw_only=True):
    """A large table in one piece, in the order of ``column``, which statements ask ranges of.

    ``pointing`` are foreign keys of other tables that point to it, ``keys`` the unique indexes, besides the primary
    key, that lack the column: partitioned by it, the table could keep neither.
    """

    table: Relation
    column: Column
    rows: float
    bytes: int
    use: RangeUse
    pointing: tuple[Constraint, ...] = ()
    keys: tuple[Index, ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether nothing keeps it from being partitioned by the column."""
        return not (self.pointing or self.keys)

    @property
    def deletes_by_age(self) -> bool:
        """Whether a statement deletes rows by a range of the column."""
        return "delete" in self.use.verbs


def growing_tables(
    snapshot: Snapshot, *, min_bytes: int, min_rows: int, changes: float, min_correlation: float
) -> Iterator[GrowingTable]:
    """The tables, in the order of the catalog.

    ``changes`` is how many rows may have been updated for each one added, ``min_correlation`` how well the column has
    to be in the order of the table (pg_stats.correlation, either way).
    """
    large = [
        table
        for table in stored(snapshot)
        if table.kind == "r"
        and not table.parents
        and (table.total_bytes or 0) >= min_bytes
        and known_rows(snapshot, table) >= min_rows
    ]
    uses = _range_uses(snapshot) if large else {}
    for table in large:
        if not _is_added_to(snapshot, table, changes):
            continue
        column = _time_column(snapshot, table, min_correlation, uses)
        if column is not None:
            yield GrowingTable(
                table=table,
                column=column,
                rows=known_rows(snapshot, table),
                bytes=table.total_bytes or 0,
                use=uses[table.relation_name, column.name],
                pointing=tuple(one for one in snapshot.constraints if one.kind == "f" and one.references == table.oid),
                keys=tuple(
                    index
                    for index in snapshot.indexes_of.get(table.oid, ())
                    if index.definition.is_unique and not index.is_primary and not _holds(index, column.name)
                ),
            )


def _holds(index: Index, column: str) -> bool:
    return any(key.is_column and key.expression == column for key in index.definition.keys)


def _is_added_to(snapshot: Snapshot, table: Relation, changes: float) -> bool:
    """Rows come and stay as they are; deleting them by time is part of the illness."""
    counters = snapshot.counters_of.get(table.oid)
    return counters is not None and counters.n_tup_ins > 0 and counters.n_tup_upd <= changes * counters.n_tup_ins


def _time_column(
    snapshot: Snapshot, table: Relation, min_correlation: float, uses: dict[tuple[RelationName, str], RangeUse]
) -> Column | None:
    """The column that most time goes into ranges of, one that is never null before one that may be."""
    found: list[tuple[bool, float, Column]] = []
    for column in snapshot.columns_of.get(table.oid, ()):
        statistics = snapshot.statistics_of.get((table.oid, column.name, False))
        correlation = statistics.correlation if statistics is not None else None
        use = uses.get((table.relation_name, column.name))
        is_ordered = correlation is not None and abs(correlation) >= min_correlation
        if use is not None and is_ordered and column.type.startswith(_TIMES):
            found.append((column.not_null, use.share, column))
    return max(found, key=lambda one: one[:2])[2] if found else None


def _range_uses(snapshot: Snapshot) -> dict[tuple[RelationName, str], RangeUse]:
    """Columns that statements compare by range, each statement counted once a column."""
    found: dict[tuple[RelationName, str], RangeUse] = {}
    for statement in asked(snapshot):
        if statement.share < _NOTABLE:
            break
        shape = statement.reading.shape if statement.reading is not None else None
        ranged = {
            (use.relation, predicate.column)
            for use in (shape.uses if shape else ())
            for predicate in use.predicates
            if predicate.operator in _RANGE
        }
        for key in ranged:
            known = found.get(key, RangeUse())
            found[key] = RangeUse(known.verbs | {statement.counted.verb}, known.share + statement.share)
    return found
