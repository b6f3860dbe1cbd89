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

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import stored, table_object
from pgclinic.sql.growing import LARGE_BYTES, MANY_ROWS, growing_tables

FAMILY = "partitions"
NEEDS = ("relations", "column_statistics", "table_counters", "statements", "constraints")


def examine(
    snapshot: Snapshot,
    *,
    large_bytes: int = LARGE_BYTES,
    huge_bytes: int = 10_737_418_240,
    min_rows: int = MANY_ROWS,
    changes: float = 0.1,
    min_correlation: float = 0.9,
) -> Iterator[Finding]:
    """Tables to partition, in the order of the catalog."""
    all_bytes = sum(table.total_bytes or 0 for table in stored(snapshot) if table.kind == "r")
    for found in growing_tables(
        snapshot, min_bytes=large_bytes, min_rows=min_rows, changes=changes, min_correlation=min_correlation
    ):
        if not found.is_free:
            continue
        yield Finding(
            check="large_unpartitioned_table",
            severity=Severity.NOTICE if found.deletes_by_age or found.bytes >= huge_bytes else Severity.INFO,
            object=table_object(found.table),
            summary="{table} has {size} in one piece, grows in the order of {column}, and is asked for ranges of it.",
            advice="Partition {table} by range of {column}.",
            facts=(
                Fact("table", str(found.table.relation_name), Unit.TEXT),
                Fact("column", found.column.name, Unit.TEXT),
                Fact("size", found.bytes, Unit.BYTES),
                Fact("rows", found.rows, provenance=Provenance.ESTIMATED),
            ),
            burden=found.bytes / all_bytes,
        )
