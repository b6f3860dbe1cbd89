"""References that no foreign key declares, but that statements join by: their tables have to fit together too. Pure."""

from collections.abc import Iterable, Mapping

from pgclinic.mannequin.tables import Reference
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import WorkloadStatement
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.shape import reading_of
from pgclinic.sql.statements import UnreadableSqlError

_Columns = tuple[RelationName, str]


def implied_references(
    snapshot: Snapshot, statements: Iterable[WorkloadStatement]
) -> Mapping[int, tuple[Reference, ...]]:
    """By the oid of their table: columns that some statement compares with another table's unique column.

    Only between columns of the same type, and from a column that is not unique itself: which of two would be the
    parent cannot be told.
    """
    unique = _unique_columns(snapshot)
    types = {
        (relation.relation_name, column.name): column.type
        for relation in snapshot.relations
        for column in snapshot.columns_of.get(relation.oid, ())
    }
    found: dict[int, dict[str, Reference]] = {}
    for statement in statements:
        try:
            reading = reading_of(statement.sql, resolver_of(snapshot, statement.role))
        except UnreadableSqlError:
            continue
        for comparison in reading.comparisons:
            child, parent = (comparison.relation, comparison.column), comparison.partner
            if comparison.operator != "=" or not comparison.is_bare or parent is None or parent not in unique:
                continue
            if child in unique or child[0] == parent[0] or types.get(child) != types.get(parent):
                continue
            oid = snapshot.relation_by_name[child[0]].oid
            reference = Reference((child[1],), snapshot.relation_by_name[parent[0]].oid, (parent[1],))
            found.setdefault(oid, {}).setdefault(child[1], reference)
    return {oid: tuple(references.values()) for oid, references in found.items()}


def _unique_columns(snapshot: Snapshot) -> frozenset[_Columns]:
    found = set()
    for index in snapshot.indexes:
        keys, relation = index.definition.keys, snapshot.relation_by_oid.get(index.relation)
        is_key = index.definition.is_unique and not index.definition.predicate and len(keys) == 1
        if is_key and keys[0].is_column and relation is not None:
            found.add((relation.relation_name, keys[0].expression))
    return frozenset(found)
