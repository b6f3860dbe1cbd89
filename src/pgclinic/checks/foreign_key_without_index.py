"""A foreign key has no index on the side that refers.

What it sees:
    Foreign keys of tables with at least `min_rows` rows where no valid index begins with one of the key's columns.
    When at least `min_deletes` rows of the table referred to were really deleted it is a warning. When none was, it is
    information in two cases: that table has at most `few_referred` rows, such as a list of states, so that an index
    finds a twentieth of the table at best; or an index with a condition, such as `where deleted_at is null`, holds at
    least `most` of the rows.

Why it matters:
    For each row that is deleted or renumbered in the table referred to, PostgreSQL reads the whole referring table,
    under a lock; and joins along the key have no index to use.

What to do:
    Create an index on the key's columns. If the referred rows are never deleted and nothing joins along the key,
    the index would only slow writes: leave it.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Constraint, Index
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows
from pgclinic.sql.expressions import is_only_not_null

FAMILY = "indexes"
NEEDS = ("constraints", "indexes", "table_counters")
_EQUALITY_METHODS = {"btree", "hash"}


def examine(
    snapshot: Snapshot, *, min_rows: int = 10_000, min_deletes: int = 10, few_referred: int = 20, most: float = 0.5
) -> Iterator[Finding]:
    """Foreign keys without support, in the order of the catalog."""
    all_rows = sum(known_rows(snapshot, relation) for relation in snapshot.relations if relation.kind == "r")
    for key in snapshot.constraints:
        table = snapshot.relation_by_oid.get(key.relation)
        if key.kind != "f" or key.is_inherited or table is None:
            continue
        rows = known_rows(snapshot, table)
        if rows < min_rows or any(_supports(index, key) for index in snapshot.indexes_of.get(table.oid, ())):
            continue
        referred = snapshot.relation_by_oid.get(key.references or 0)
        counters = snapshot.counters_of.get(referred.oid) if referred else None
        deletes = counters.n_tup_del if counters else 0
        is_list = referred is not None and counters is not None and known_rows(snapshot, referred) <= few_referred
        is_held = any(
            _supports(index, key, is_partial=True) and index.tuples >= most * rows
            for index in snapshot.indexes_of.get(table.oid, ())
        )
        severity = Severity.INFO if (is_list or is_held) and not deletes else Severity.NOTICE
        yield Finding(
            check="foreign_key_without_index",
            severity=Severity.WARNING if deletes >= min_deletes else severity,
            object=ObjectName("constraint", key.name, table.schema, table.name),
            summary="Of the {rows} rows of {table} an index finds most, not all, by the foreign key {columns}."
            if is_held
            else "The foreign key {columns} of {table} has no index; {table} has {rows} rows.",
            advice="Create an index without a condition on {columns} of {table}, if rows of {referred} are deleted."
            if is_held
            else "Create an index on {columns} of {table}, if rows of {referred} are deleted or joined to it.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("columns", ", ".join(key.columns), Unit.TEXT),
                Fact("referred", str(referred.relation_name) if referred else "another table", Unit.TEXT),
                Fact("rows", rows, provenance=Provenance.ESTIMATED),
                Fact("referred_deletes", deletes),
            ),
            burden=rows / max(all_rows, rows),
        )


def _supports(index: Index, key: Constraint, *, is_partial: bool = False) -> bool:
    """One column of the key in front narrows the search; a partial index is trusted only for ``is not null``."""
    first = index.definition.keys[0]
    return (
        index.is_valid
        and index.definition.method in _EQUALITY_METHODS
        and first.is_column
        and first.expression in key.columns
        and (is_partial or not index.definition.predicate or is_only_not_null(index.definition.predicate))
    )
