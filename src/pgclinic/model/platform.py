"""A database as its owner's: without the tables that a managed service keeps in it for itself.

Nobody but the service can change those, so nothing about them is worth telling. They stay in the snapshot, because
the user's own statements join them, views read them, and policies call functions beside them.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from pgclinic.model.names import RelationName
    from pgclinic.model.snapshot import Snapshot


def without_platform(snapshot: "Snapshot") -> "Snapshot":
    """The snapshot without relations and sequences of the platform and all that belongs to them; functions stay."""
    schemas = snapshot.platform_schemas
    if not schemas:
        return snapshot
    relations = tuple(each for each in snapshot.relations if each.schema not in schemas)
    tables = frozenset(each.oid for each in relations)
    indexes = tuple(each for each in snapshot.indexes if each.relation in tables)
    kept = tables | frozenset(each.oid for each in indexes)
    return replace(
        snapshot,
        relations=relations,
        indexes=indexes,
        columns=tuple(each for each in snapshot.columns if each.relation in kept),
        column_statistics=tuple(each for each in snapshot.column_statistics if each.relation in kept),
        column_ends=tuple(each for each in snapshot.column_ends if each.relation in kept),
        extended_statistics=tuple(each for each in snapshot.extended_statistics if each.relation in kept),
        constraints=tuple(each for each in snapshot.constraints if each.relation in kept),
        triggers=tuple(each for each in snapshot.triggers if each.relation in kept),
        policies=tuple(each for each in snapshot.policies if each.relation in kept),
        toast_tables=tuple(each for each in snapshot.toast_tables if each.relation in kept),
        table_counters=tuple(each for each in snapshot.table_counters if each.relation in kept),
        sequences=tuple(each for each in snapshot.sequences if each.schema not in schemas),
    )


def platform_relations(snapshot: "Snapshot") -> "frozenset[RelationName]":
    """Tables and views that are the platform's."""
    return frozenset(each.relation_name for each in snapshot.relations if each.schema in snapshot.platform_schemas)
