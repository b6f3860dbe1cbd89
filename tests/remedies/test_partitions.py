"""Which partitions of a table need an index of their own."""

import pytest

from pgclinic.model.catalog import Index, IndexDefinition, IndexKey, Relation
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import FORMAT_VERSION, Header, Server, Snapshot
from pgclinic.remedies.create_index import Partition, partitions_of

CALLS = RelationName("public", "calls")
BY_PHONE = IndexDefinition(CALLS, (IndexKey("phone"),))


def relation(oid: int, name: str, kind: str = "r", *, parent: int = 0) -> Relation:
    return Relation(
        oid=oid,
        schema="public",
        name=name,
        kind=kind,
        owner="me",
        is_partition=bool(parent),
        parents=(parent,) if parent else (),
    )


def snapshot(*relations: Relation, indexes: tuple[Index, ...] = ()) -> Snapshot:
    header = Header(format_version=FORMAT_VERSION, collector="test", clock="2026-01-01T00:00:00+00:00")
    server = Server(version_num=180000, version="18", database="d")
    return Snapshot(header=header, server=server, relations=relations, indexes=indexes)


def test_a_plain_table_has_none() -> None:
    assert partitions_of(snapshot(relation(1, "calls")), BY_PHONE) == ()


def test_parents_come_before_their_partitions_under_free_names() -> None:
    taken = Index(
        oid=9,
        relation=2,
        schema="public",
        name="calls_a_phone_idx",
        definition=BY_PHONE,
        sql="CREATE INDEX calls_a_phone_idx ON public.calls_a USING btree (phone)",
    )
    seen = snapshot(
        relation(3, "calls_b_1", parent=4),
        relation(1, "calls", "p"),
        relation(4, "calls_b", "p", parent=1),
        relation(2, "calls_a", parent=1),
        relation(5, "other"),
        indexes=(taken,),
    )
    parent, middle = CALLS, RelationName("public", "calls_b")
    assert partitions_of(seen, BY_PHONE) == (
        Partition(name=RelationName("public", "calls_a"), parent=parent, index="calls_a_phone_idx1"),
        Partition(name=middle, parent=parent, index="calls_b_phone_idx", is_partitioned=True),
        Partition(name=RelationName("public", "calls_b_1"), parent=middle, index="calls_b_1_phone_idx"),
    )


def test_a_foreign_partition_is_a_refusal() -> None:
    with pytest.raises(ValueError, match="foreign table"):
        partitions_of(snapshot(relation(1, "calls", "p"), relation(2, "far", "f", parent=1)), BY_PHONE)
