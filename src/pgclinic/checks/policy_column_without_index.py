"""Policies compare a column that no index begins with, so that each statement reads the whole table for a few rows.

What it sees:
    Policies for reading, changing or deleting rows of tables with at least `min_rows` rows, whose condition always
    asks a column to equal something that is the same for all rows (`owner = auth.uid()`), where the column has at
    least `min_values` values and no valid index begins with it. From `min_scans` sequential scans of the table on it
    is a notice; otherwise it is mere information, because statements may find their rows by other indexes, and so it
    is for a foreign key, whose missing index foreign_key_without_index speaks of.
    Where another permissive policy for the same command asks for no such column, no index could help, and it
    stays unmentioned.

Why it matters:
    The condition is part of every statement of the roles that it binds. With an index PostgreSQL goes straight to
    the rows that they may see, without one it looks at everybody's.

What to do:
    Create an index that begins with the column. `pgclinic prescribe` plans it with the statements.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Index, Relation
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows
from pgclinic.sizes.distinct import distinct_of
from pgclinic.sql.policies import conditions_in
from pgclinic.sql.sources import CatalogRelation
from pgclinic.sql.statements import UnreadableSqlError

FAMILY = "policies"
NEEDS = ("policies", "indexes", "constraints", "columns", "column_statistics", "table_counters")
_COMMANDS = ("SELECT", "UPDATE", "DELETE")
_METHODS = {"btree", "hash"}


def examine(
    snapshot: Snapshot, *, min_rows: int = 10_000, min_values: int = 20, min_scans: int = 100
) -> Iterator[Finding]:
    """Columns of policies without an index, in the order of the catalog."""
    all_rows = sum(known_rows(snapshot, relation) for relation in snapshot.relations if relation.kind == "r")
    for table in snapshot.relations:
        rows = known_rows(snapshot, table)
        if not table.row_security or rows < min_rows:
            continue
        counters = snapshot.counters_of.get(table.oid)
        scans = counters.seq_scan if counters else 0
        keys = {name for key in snapshot.constraints_of.get(table.oid, ()) if key.kind == "f" for name in key.columns}
        asked = _asked_for(snapshot, table)
        for column in sorted(asked):
            if _values(snapshot, table, column, rows) < min_values:
                continue
            yield Finding(
                check="policy_column_without_index",
                severity=Severity.NOTICE if scans >= min_scans and column not in keys else Severity.INFO,
                object=ObjectName("column", column, table.schema, table.name),
                summary="Policies ask for {column} of {table} ({rows} rows), which no index begins with.",
                advice="Create an index on {column} of {table}.",
                facts=(
                    Fact("column", column, Unit.TEXT),
                    Fact("table", str(table.relation_name), Unit.TEXT),
                    Fact("names", ", ".join(sorted(asked[column])), Unit.TEXT),
                    Fact("rows", rows, provenance=Provenance.ESTIMATED),
                    Fact("scans", scans),
                ),
                burden=rows / max(rows, all_rows),
            )


def _asked_for(snapshot: Snapshot, table: Relation) -> dict[str, set[str]]:
    """Columns by which an index could find the rows that policies let through, with the policies' names."""
    asked: dict[str, set[str]] = {}
    compared = {
        policy: _compared(snapshot, table, policy.using)
        for policy in snapshot.policies_of.get(table.oid, ())
        if policy.using is not None
    }
    indexes = snapshot.indexes_of.get(table.oid, ())
    for command in _COMMANDS:
        applying = [policy for policy in compared if policy.command in {"ALL", command}]
        can_be_narrow = all(compared[policy] for policy in applying if policy.is_permissive)
        for policy in applying:
            columns = compared[policy]
            if policy.is_permissive and not can_be_narrow:
                continue
            if not any(_begins_with(index, columns) for index in indexes):
                for column in columns:
                    asked.setdefault(column, set()).add(policy.name)
    return asked


def _compared(snapshot: Snapshot, table: Relation, using: str) -> list[str]:
    """Columns that every row must have equal to something known before, in the order of their names."""
    columns = tuple(column.name for column in snapshot.columns_of.get(table.oid, ()))
    try:
        conditions = conditions_in(CatalogRelation(table.relation_name, columns), using)
    except UnreadableSqlError:
        return []
    found = (each for each in conditions if each.is_column and each.operator == "=" and not each.is_join)
    return sorted({each.operand for each in found if not each.arm})


def _begins_with(index: Index, columns: list[str]) -> bool:
    first = index.definition.keys[0]
    return index.is_valid and index.definition.method in _METHODS and first.is_column and first.expression in columns


def _values(snapshot: Snapshot, table: Relation, column: str, rows: float) -> float:
    statistics = snapshot.statistics_of.get((table.oid, column, table.kind == "p"))
    return distinct_of(statistics, rows) if statistics and statistics.n_distinct else 0
