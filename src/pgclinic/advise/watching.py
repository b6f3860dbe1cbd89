"""What must not get dearer by a treatment that helps no statement: the statements that could miss a dropped index."""

from collections.abc import Sequence

import msgspec

from pgclinic.model.names import RelationName
from pgclinic.model.prescription import Prescription, Watched
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import Workload, WorkloadStatement
from pgclinic.sql.mentions import mentions
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.statements import UnreadableSqlError

_MOST = 20
"""The heaviest: a planner answers quickly, but treat asks it before and after each item."""


def with_watches(
    snapshot: Snapshot, workload: Workload, prescriptions: Sequence[Prescription]
) -> tuple[Prescription, ...]:
    """``prescriptions``, those that drop an index with the statements that name its table, the heaviest first."""
    tables = {_table(item) for item in prescriptions if _drops_index(item)}
    if not tables:
        return tuple(prescriptions)
    by_table: dict[RelationName, list[Watched]] = {table: [] for table in tables}
    for statement in sorted(workload.statements, key=lambda each: (-_weight(each), each.fingerprint)):
        for table in _tables_of(snapshot, statement) & tables:
            if len(by_table[table]) < _MOST:
                by_table[table].append(_watched(statement))
    return tuple(
        msgspec.structs.replace(item, watches=tuple(by_table[_table(item)])) if _drops_index(item) else item
        for item in prescriptions
    )


def _drops_index(item: Prescription) -> bool:
    return not item.gains and bool(item.undo) and any(each.index is not None and each.makes is None for each in item.do)


def _table(item: Prescription) -> RelationName:
    return RelationName(item.table.schema, item.table.name)


def _tables_of(snapshot: Snapshot, statement: WorkloadStatement) -> set[RelationName]:
    try:
        named = mentions(statement.sql)
    except UnreadableSqlError:
        return set()
    resolver = resolver_of(snapshot, statement.role)
    return {found.name for schema, name in named.relations if (found := resolver(schema, name))}


def _weight(statement: WorkloadStatement) -> float:
    return statement.total_ms if statement.total_ms is not None else statement.calls


def _watched(statement: WorkloadStatement) -> Watched:
    return Watched(
        fingerprint=statement.fingerprint,
        name=statement.name,
        sql=statement.sql,
        weight=_weight(statement),
        role=statement.role,
    )
