"""Which names are free for a new index."""

from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot


def taken_names(snapshot: Snapshot, relation: RelationName) -> frozenset[str]:
    """Every name in the relation's schema that an index could not have."""
    names = {each.name for each in snapshot.relations if each.schema == relation.schema}
    names |= {each.name for each in snapshot.indexes if each.schema == relation.schema}
    names |= {each.name for each in snapshot.sequences if each.schema == relation.schema}
    return frozenset(names)
