import pytest

from pgclinic.model.names import RelationName
from pgclinic.sql.cross_joins import unjoined
from pgclinic.sql.sources import CatalogRelation
from pgclinic.sql.tree import parse_one

TABLES = {
    "orders": CatalogRelation(RelationName("public", "orders"), ("id", "customer_id", "status")),
    "customers": CatalogRelation(RelationName("public", "customers"), ("id", "name")),
    "items": CatalogRelation(RelationName("public", "items"), ("order_id", "price")),
    "open_orders": CatalogRelation(RelationName("public", "open_orders"), ("id",), "select id from orders"),
}


def _resolve(_schema: str, name: str) -> CatalogRelation | None:
    return TABLES.get(name)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from orders o, customers c where o.customer_id = c.id",
        "select * from orders o join customers c on o.customer_id = c.id",
        "select * from orders o cross join customers c",
        "select * from orders o join customers c on true",
        "select * from orders o natural join customers c",
        "select * from orders o join customers c using (id)",
        "select * from orders, customers where customer_id = name",
        "select * from orders, customers where id = 7",
        "select * from orders o, customers c, items i where i.order_id = o.id and c.name = i.price::text",
        "select * from orders o, customers c where o.id = $1 and c.id = $1",
        "select * from orders o, customers c where o.id = $1 and c.id = $2",
        "select * from orders o, customers c where lower(o.status) = lower(c.name) or o.id > 7",
        "select * from orders o, open_orders p",
        "select * from orders o, (select max(id) from customers) c",
        "select * from orders o, unknown u",
        "select * from orders o, generate_series(1, 3) n",
        "with customers as (select 1) select * from orders, only_here",
        "select * from orders where id in (select id from customers)",
        "delete from orders using customers",
    ],
)
def test_joined_or_not_sure(sql: str) -> None:
    assert unjoined(parse_one(sql), _resolve) == ()


@pytest.mark.parametrize(
    "sql",
    [
        "select * from orders, customers",
        "select * from orders o, customers c where o.status = $1",
        "select * from orders o join customers c on o.status = $1",
        "select count(*) from (select 1 from orders o, customers c where o.id > 7) x",
    ],
)
def test_nothing_joins_them(sql: str) -> None:
    groups = unjoined(parse_one(sql), _resolve)
    assert [[str(source.relation) for source in group] for group in groups] == [["orders"], ["customers"]]


def test_columns_that_are_compared_with_a_value_are_told() -> None:
    groups = unjoined(parse_one("select * from orders o, customers c where c.id = $1"), _resolve)
    assert [group[0].fixed for group in groups] == [frozenset(), frozenset({"id"})]
