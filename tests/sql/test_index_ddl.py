"""Index statements as people write them become the definitions that the planner takes, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.errors import UserError
from pgclinic.model.names import RelationName
from pgclinic.sql import quote
from pgclinic.sql.index_ddl import CreateIndex, DropIndex, read_index_ddl, read_name
from pgclinic.sql.sources import CatalogRelation

ORDERS = CatalogRelation(
    RelationName("shop", "orders"), ("id", "customer_id", "created_at", "note", "tags", "Été d'or", 'a "b"', "select")
)


def resolve(schema: str, name: str) -> CatalogRelation | None:
    return ORDERS if (schema or "shop", name) == ("shop", "orders") else None


def read(text: str) -> IndexDefinition:
    (created,) = read_index_ddl(text, resolve)
    assert isinstance(created, CreateIndex)
    return created.definition


def test_everything_that_a_definition_can_say_is_read() -> None:
    created, *dropped = read_index_ddl(
        """create unique index concurrently if not exists "By customer" on orders using btree
             (customer_id desc nulls last, lower(note) collate "C" text_pattern_ops, (id), created_at nulls first)
           include ("Été d'or", tags) nulls not distinct with (fillfactor = 70, deduplicate_items = off)
           tablespace fast where note is not null -- as they asked
           ; drop index concurrently if exists shop.old, "Older" cascade""",
        resolve,
    )
    assert created == CreateIndex(
        IndexDefinition(
            relation=ORDERS.name,
            keys=(
                IndexKey("customer_id", descending=True),
                IndexKey("lower(note)", is_column=False, opclass="text_pattern_ops", collation='pg_catalog."C"'),
                IndexKey("id"),
                IndexKey("created_at", nulls_first=True),
            ),
            include=("Été d'or", "tags"),
            predicate="note IS NOT NULL",
            is_unique=True,
            options=("fillfactor=70", "deduplicate_items=off"),
        ),
        "By customer",
    )
    assert dropped == [DropIndex("shop", "old"), DropIndex("", "Older")]


def test_a_descending_key_has_nulls_first_unless_it_says_otherwise() -> None:
    keys = read("create index on orders (id desc, note desc nulls last, tags asc)").keys
    assert [(key.descending, key.nulls_first) for key in keys] == [(True, True), (True, False), (False, False)]


def test_operator_class_options_are_written_as_in_a_snapshot() -> None:
    (key,) = read("create index on orders using gist (note public.gist_trgm_ops (siglen = '32'))").keys
    assert key.opclass == "public.gist_trgm_ops (siglen=32)"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("create index on orders (", "not SQL: syntax error"),
        ("create index on customers (id)", "no table customers"),
        ("create index on archive.orders (id)", "no table archive.orders"),
        ("create index on orders (costumer_id)", "no column costumer_id; did you mean customer_id?"),
        ("create index on orders (lower(nota))", "no column nota; did you mean note?"),
        ("create index on orders (id) where deleted", "no column deleted"),
        ("create index on orders (id) include (id2)", "no column id2"),
        ("create index on orders (id) include ((id + 1))", "INCLUDE takes columns only"),
        ("create index on only orders (id)", "leave ONLY out"),
        ("drop table orders", "only CREATE INDEX and DROP INDEX, not 'drop table orders'"),
        ("create index on orders (id); select 1", "only CREATE INDEX"),
        ("reindex index x", "only CREATE INDEX"),
    ],
)
def test_anything_else_is_refused_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(UserError) as refused:
        read_index_ddl(text, resolve)
    assert said in str(refused.value)
    assert str(refused.value).endswith((".", "?"))


def test_names_are_read_as_sql_reads_them() -> None:
    assert read_name("Orders_Idx") == DropIndex("", "orders_idx")
    assert read_name('shop."Orders idx"') == DropIndex("shop", "Orders idx")
    for text in ("", "a b", "a, b", "a; drop index b", "a.b.c.d.'"):
        with pytest.raises(UserError, match="no name of an index"):
            read_name(text)


COLUMNS = st.sampled_from(ORDERS.columns)
EXPRESSIONS = st.sampled_from(
    [
        "lower(note)",
        "id + 1",
        "note || 'it''s'",
        "tags ->> 'a\"b'",
        "COALESCE(note, '')",
        "(tags -> 'x') ->> 'y'",
        "created_at::date",
        '"Été d\'or" COLLATE "C"',
        'CASE WHEN "select" > 1 THEN id ELSE customer_id END',
        "date_trunc('day', created_at)",
    ]
)
PREDICATES = st.sampled_from(
    ["", "note IS NULL", "id > 10 AND note LIKE 'x%'", "\"select\" = ANY(ARRAY['a', 'b'])", "NOT (id = 1 OR id = 2)"]
)


def keys(draw_expression: st.SearchStrategy[tuple[str, bool]]) -> st.SearchStrategy[IndexKey]:
    return st.builds(
        lambda pair, opclass, collation, descending, nulls_first: IndexKey(
            pair[0], pair[1], opclass, collation, descending, nulls_first
        ),
        draw_expression,
        st.sampled_from(["", "text_pattern_ops", 'public."My ops"', "gist_trgm_ops (siglen=64)"]),
        st.sampled_from(["", 'pg_catalog."C"', 'public."ßorting"']),
        st.booleans(),
        st.booleans(),
    )


DEFINITIONS = st.builds(
    IndexDefinition,
    relation=st.just(ORDERS.name),
    keys=st.lists(
        keys(st.tuples(COLUMNS, st.just(value=True)) | st.tuples(EXPRESSIONS, st.just(value=False))),
        min_size=1,
        max_size=4,
    ).map(tuple),
    method=st.sampled_from(["btree", "gin", "gist", "brin", "hash", "bloom"]),
    include=st.lists(COLUMNS, max_size=3, unique=True).map(tuple),
    predicate=PREDICATES,
    is_unique=st.booleans(),
    options=st.sampled_from([(), ("fillfactor=70",), ("fastupdate=off", "gin_pending_list_limit=4096")]),
)


@given(DEFINITIONS)
def test_a_definition_written_as_sql_reads_back_as_itself(definition: IndexDefinition) -> None:
    assert read(quote.create_index(definition, "any name", concurrently=True)) == definition
