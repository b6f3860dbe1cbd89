"""A large table that only grows, ordered by time, is kept in one piece.

What it sees:
    Tables of at least `large_bytes` and `min_rows` rows that rows are added to and hardly changed (at most `changes` of
    the rows added), with a date or timestamp column whose order is that of the table (correlation of at least
    `min_correlation`), which statements ask ranges of or delete by. It is information, and a notice from `huge_bytes`
    on, or when old rows are deleted by time. Not: tables that other tables refer to, or with a unique key, besides the
    primary key, without the column: those could not be partitioned without losing it.

Why it matters:
    Vacuum, reindexing and backups take the whole table at once, its indexes outgrow the memory although only the newest
    rows are asked for, and old rows can only be deleted one by one, which leaves them behind as dead rows.

What to do:
    Partition it by range of that column, a month or a week each: then old rows go with DROP TABLE in no time, and a
    condition on the time reads only the partitions that it needs. The primary key has to include the column.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Relation
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, stored, table_object
from pgclinic.sql.asked import asked

FAMILY = "partitions"
NEEDS = ("relations", "column_statistics", "table_counters", "statements", "constraints")
_NOTABLE = 0.0001
_RANGE = frozenset({"<", "<=", ">", ">="})
_TIMES = ("date", "timestamp")


def examine(
    snapshot: Snapshot,
    *,
    large_bytes: int = 1_073_741_824,
    huge_bytes: int = 10_737_418_240,
    min_rows: int = 1_000_000,
    changes: float = 0.1,
    min_correlation: float = 0.9,
) -> Iterator[Finding]:
    """Tables to partition, in the order of the catalog."""
    tables = [table for table in stored(snapshot) if table.kind == "r"]
    all_bytes = sum(table.total_bytes or 0 for table in tables)
    large = [
        table
        for table in tables
        if (table.total_bytes or 0) >= large_bytes and known_rows(snapshot, table) >= min_rows and not table.parents
    ]
    ranges = _ranges(snapshot) if large else {}
    for table in large:
        if not _is_appended(snapshot, table, changes):
            continue
        column = _time_column(snapshot, table, min_correlation, ranges)
        if column is None or not _can_be_partitioned(snapshot, table, column):
            continue
        size, deletes = table.total_bytes or 0, "delete" in ranges[table.relation_name, column]
        yield Finding(
            check="large_unpartitioned_table",
            severity=Severity.NOTICE if deletes or size >= huge_bytes else Severity.INFO,
            object=table_object(table),
            summary="{table} has {size} in one piece, grows in the order of {column}, and is asked for ranges of it.",
            advice="Partition {table} by range of {column}.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("column", column, Unit.TEXT),
                Fact("size", size, Unit.BYTES),
                Fact("rows", known_rows(snapshot, table), provenance=Provenance.ESTIMATED),
            ),
            burden=size / all_bytes,
        )


def _is_appended(snapshot: Snapshot, table: Relation, changes: float) -> bool:
    """Rows come and stay as they are; deleting them by time is part of the illness."""
    counters = snapshot.counters_of.get(table.oid)
    return counters is not None and counters.n_tup_ins > 0 and counters.n_tup_upd <= changes * counters.n_tup_ins


def _time_column(
    snapshot: Snapshot, table: Relation, min_correlation: float, ranges: dict[tuple[RelationName, str], set[str]]
) -> str | None:
    for column in snapshot.columns_of.get(table.oid, ()):
        statistics = snapshot.statistics_of.get((table.oid, column.name, False))
        correlation = statistics.correlation if statistics is not None else None
        is_ordered = correlation is not None and abs(correlation) >= min_correlation
        if column.type.startswith(_TIMES) and is_ordered and (table.relation_name, column.name) in ranges:
            return column.name
    return None


def _ranges(snapshot: Snapshot) -> dict[tuple[RelationName, str], set[str]]:
    """Columns that statements compare by range, with the verbs that do."""
    found: dict[tuple[RelationName, str], set[str]] = {}
    for statement in asked(snapshot):
        if statement.share < _NOTABLE:
            break
        for use in statement.reading.shape.uses if statement.reading is not None else ():
            for predicate in use.predicates:
                if predicate.operator in _RANGE:
                    found.setdefault((use.relation, predicate.column), set()).add(statement.counted.verb)
    return found


def _can_be_partitioned(snapshot: Snapshot, table: Relation, column: str) -> bool:
    """A partitioned table's unique keys hold the partition key; a foreign key needs one of those to point to."""
    if any(one.kind == "f" and one.references == table.oid for one in snapshot.constraints):
        return False
    return not any(
        index.definition.is_unique
        and not index.is_primary
        and column not in {key.expression for key in index.definition.keys}
        for index in snapshot.indexes_of.get(table.oid, ())
    )
