"""What the index remedies write is run by PostgreSQL: there, verified, and back."""

from typing import Any

import pytest

from pgclinic.model.catalog import Index, IndexDefinition, IndexKey
from pgclinic.model.names import RelationName
from pgclinic.model.prescription import Prescription
from pgclinic.remedies import create_index, drop_index
from pgclinic.remedies.create_index import Partition

pytestmark = pytest.mark.server

TABLE = RelationName("public", 'Select "x"')
INDEXES = """
    select pg_catalog.pg_get_indexdef(indexrelid), indisvalid
    from pg_catalog.pg_index where indrelid::pg_catalog.regclass::text not like 'pg_%'
    order by 1
"""


def run(database: Any, prescription: Prescription, *, back: bool = False) -> None:
    for statement in prescription.undo if back else prescription.do:
        database.execute(statement.sql)


def is_done(database: Any, prescription: Prescription) -> bool:
    return bool(database.execute(prescription.verify)[0][0])


def test_create_index_there_and_back(database_on_each: Any) -> None:
    database_on_each.execute('create table "Select ""x""" (a int, "B c" text, payload jsonb, gone timestamptz)')
    definition = IndexDefinition(
        TABLE,
        (IndexKey("B c", descending=True), IndexKey('lower("B c")', is_column=False, opclass="text_pattern_ops")),
        include=("a",),
        predicate="gone is null and \"B c\" <> 'it''s'",
        is_unique=True,
        options=("fillfactor=70",),
    )
    prescription = create_index.prescribe(definition, name='odd "name" ; --', size_bytes=1, reason="why")
    assert not is_done(database_on_each, prescription)
    run(database_on_each, prescription)
    assert is_done(database_on_each, prescription)
    assert len(database_on_each.execute(INDEXES)) == 1
    run(database_on_each, prescription, back=True)
    assert not is_done(database_on_each, prescription)
    assert database_on_each.execute(INDEXES) == []


def test_create_index_on_partitions(database_on_each: Any) -> None:
    database_on_each.execute("""
        create table calls (day date, phone text) partition by range (day);
        create table calls_2025 partition of calls for values from ('2025-01-01') to ('2026-01-01');
        create table calls_2026 partition of calls for values from ('2026-01-01') to ('2027-01-01')
            partition by list (phone);
        create table calls_2026_a partition of calls_2026 for values in ('a');
    """)
    names = {name: RelationName("public", name) for name in ("calls", "calls_2025", "calls_2026", "calls_2026_a")}
    partitions = (
        Partition(name=names["calls_2025"], parent=names["calls"], index="i_2025"),
        Partition(name=names["calls_2026"], parent=names["calls"], index="i_2026", is_partitioned=True),
        Partition(name=names["calls_2026_a"], parent=names["calls_2026"], index="i_2026_a"),
    )
    prescription = create_index.prescribe(
        IndexDefinition(names["calls"], (IndexKey("phone"),)),
        name="i",
        size_bytes=1,
        reason="why",
        partitions=partitions,
        is_partitioned=True,
    )
    for statement in prescription.do:
        assert not is_done(database_on_each, prescription)
        database_on_each.execute(statement.sql)
    assert is_done(database_on_each, prescription)
    assert [valid for _, valid in database_on_each.execute(INDEXES)] == [True] * 4
    run(database_on_each, prescription, back=True)
    assert database_on_each.execute(INDEXES) == []


def test_drop_index_gives_back_the_same_definition(database_on_each: Any) -> None:
    database_on_each.execute("""
        create schema "S";
        create table "S"."T" (a int, b text collate "C", c int);
        create unique index "I" on "S"."T" using btree (b desc nulls last, a) include (c)
            with (fillfactor = 60);
        alter table "S"."T" cluster on "I";
    """)
    before = database_on_each.execute(INDEXES)
    index = Index(
        oid=1,
        relation=2,
        schema="S",
        name="I",
        definition=IndexDefinition(RelationName("S", "T"), (IndexKey("b"), IndexKey("a"))),
        sql=before[0][0],
        is_clustered=True,
        bytes=8192,
    )
    prescription = drop_index.prescribe(index, reason="nobody reads it")
    run(database_on_each, prescription)
    assert is_done(database_on_each, prescription)
    assert database_on_each.execute(INDEXES) == []
    run(database_on_each, prescription, back=True)
    assert not is_done(database_on_each, prescription)
    assert database_on_each.execute(INDEXES) == before
    assert database_on_each.execute(
        'select indisclustered from pg_catalog.pg_index where indrelid = \'"S"."T"\'::regclass'
    ) == [(True,)]


@pytest.mark.parametrize(
    "change",
    [{"is_primary": True}, {"constraint": "u"}, {"is_exclusion": True}, {"parent": 3}, {"is_replica_identity": True}],
)
def test_an_index_that_means_something_is_never_dropped(change: dict[str, Any]) -> None:
    index = Index(
        oid=1,
        relation=2,
        schema="public",
        name="i",
        definition=IndexDefinition(RelationName("public", "t"), (IndexKey("a"),)),
        sql="CREATE INDEX i ON public.t USING btree (a)",
        **change,
    )
    with pytest.raises(ValueError, match="the index i"):
        drop_index.prescribe(index, reason="why")
