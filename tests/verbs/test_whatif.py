"""What an index would change: planned on a real twin of a real database."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
import psycopg
import pytest

from pgclinic.model.errors import UserError
from pgclinic.model.plan import PlanNode
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.whatif import WhatIf
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.report import whatif_json, whatif_text
from pgclinic.verbs.driving import drive
from pgclinic.verbs.whatif import whatif
from pgclinic.workload.script import parse_script

if TYPE_CHECKING:
    from conftest import Database, Servers

pytestmark = pytest.mark.server

SCHEMA = """
create table customers (id int primary key, email text not null);
create table orders (id int primary key, customer_id int not null, status text not null, note text);
create schema old;
create table old."Big Orders" (id int, "Customer" int);
create table events (at date not null, kind int) partition by range (at);
create table events_1 partition of events for values from ('2026-01-01') to ('2026-02-01');
create table events_2 partition of events for values from ('2026-02-01') to ('2026-03-01');
create index events_kind_idx on events (kind);
create index orders_status_idx on orders (status);
create index orders_note_idx on orders (note);
create view open_orders as select * from orders where status = 'open';
insert into customers select n, 'c' || n from generate_series(1, 2000) n;
insert into orders select n, n % 2000, case when n % 100 = 0 then 'open' else 'paid' end, 'n' || n
    from generate_series(1, 40000) n;
insert into old."Big Orders" select n, n % 500 from generate_series(1, 20000) n;
insert into events select date '2026-01-01' + n % 59, n % 300 from generate_series(1, 30000) n
"""
WORKLOAD = {
    "by customer.sql": "-- weight: 10\nselect * from orders where customer_id = $1",
    "open.sql": "select * from open_orders where customer_id = 7",
    "email.sql": "select * from customers where email = $1",
    "kind.sql": "select count(*) from events where kind = 5",
}


@pytest.fixture(scope="module")
def shop(server: "Servers") -> Iterator[Snapshot]:
    """Seen once: nothing here changes it."""
    name = f"whatif_{os.getpid()}"
    instance = server(18)
    with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
        connection.execute(f"create database {name}")
        yield shop_on(instance.conninfo(name))
        connection.execute(f"drop database {name} with (force)")


def shop_on(conninfo: str) -> Snapshot:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for statement in SCHEMA.split(";\n"):
            connection.execute(statement)
        connection.execute("vacuum analyze")
    with open_session(conninfo) as connection:
        return drive(collect(connection))


def ask(snapshot: Snapshot, *ddl: str, drop: tuple[str, ...] = (), query: str = "") -> WhatIf:
    script = parse_script(WORKLOAD, source="a test")
    asked = parse_script({"the query": query}, source="a test") if query else None
    return drive(whatif(snapshot, ddl=ddl, drop=drop, query=asked, script=script))


def nodes(node: PlanNode) -> Iterator[PlanNode]:
    yield node
    for child in node.children:
        yield from nodes(child)


def test_a_query_is_planned_with_and_without_and_the_workload_too(database_on_each: "Database") -> None:
    answer = ask(
        shop_on(database_on_each.conninfo),
        "create index concurrently by_customer on orders (customer_id)",
        query="select * from orders where customer_id = $1 order by id",
    )
    (effect,) = answer.queries
    assert effect.cost_after < effect.cost_before / 5
    assert {pair.parameters.source for pair in effect.pairs if pair.parameters} == {"statistics"}
    assert effect.generic is not None
    assert "by_customer" in {each.index for each in nodes(effect.telling.after.root)}
    assert "by_customer" not in {each.index for each in nodes(effect.telling.before.root)}
    (index,) = answer.indexes
    assert (index.name, index.uses, index.unused_because, index.exists_as) == ("by_customer", 3, "", "")
    assert index.bytes > 8192 * 10
    # Both of orders change, the weightier first; of customers and events nothing can.
    assert [each.name for each in answer.effects] == ["by customer", "open"]
    assert [each.change for each in answer.effects] == [-1, -1]
    assert answer.others == 2


def test_dropping_an_index_makes_what_used_it_dearer(shop: Snapshot) -> None:
    answer = ask(shop, drop=("ORDERS_status_idx",), query="select * from orders where status = 'open'")
    assert [each.name.name for each in answer.hidden] == ["orders_status_idx"]
    assert answer.queries[0].change == 1
    assert {each.name: each.change for each in answer.effects} == {"open": 1, "by customer": 0}


def test_an_index_of_partitions_goes_with_its_parts(shop: Snapshot) -> None:
    answer = ask(shop, "drop index events_kind_idx")
    (effect,) = answer.effects
    used = {each.index for each in nodes(effect.telling.after.root)}
    assert effect.change == 1
    assert used == {""}


def test_a_primary_key_is_named_as_what_it_is(shop: Snapshot) -> None:
    (hidden,) = ask(shop, drop=("orders_pkey",)).hidden
    assert hidden.enforces == "orders_pkey"


def test_why_an_index_is_not_used_is_said(shop: Snapshot) -> None:
    answer = ask(
        shop,
        'create index on old."Big Orders" ("Customer"); create index on orders (status, note);'
        " create index on events (at)",
        query="select * from orders where status = 'open'",
    )
    assert [index.uses for index in answer.indexes] == [0, 0, 0]
    assert [index.unused_because for index in answer.indexes] == [
        "no statement that was planned uses old.Big Orders",
        "the planner prefers an index that orders has already",
        "no statement that was planned searches, joins or sorts by at",
    ]
    assert "No plan uses it: the planner prefers an index" in whatif_text.text(answer)


def test_an_index_that_exists_in_other_words_is_said(shop: Snapshot) -> None:
    answer = ask(shop, "create index again on orders using btree ((note) asc nulls last)")
    assert answer.indexes[0].exists_as == "orders_note_idx"
    assert "It exists in other words: orders_note_idx" in whatif_text.text(answer)
    assert ask(shop, "drop index orders_note_idx; create index on orders (note)").indexes[0].exists_as == ""


@pytest.mark.parametrize(
    ("ddl", "drop", "query", "said"),
    [
        ("create index on order_s (id)", "", "", "no table order_s in database"),
        ("create index on open_orders (id)", "", "", "open_orders is a view"),
        ("create index on orders (idd)", "", "", "did you mean id?"),
        ("create index on orders using gin (id)", "", "", "PostgreSQL refuses the index: data type integer"),
        ("create index on orders (id) where random() > 0.5", "", "", "must be marked IMMUTABLE"),
        ("create unique index on events (kind)", "", "", "PostgreSQL refuses the index"),
        ("", "orders_statsu_idx", "", "did you mean orders_status_idx"),
        ("", "a b", "", "no name of an index"),
        ("", "", "", "nothing to try"),
        ("", "orders_note_idx", "select * from nowhere", "cannot plan 'the query': relation \"nowhere\""),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(shop: Snapshot, ddl: str, drop: str, query: str, said: str) -> None:
    with pytest.raises(UserError) as refused:
        ask(shop, *filter(None, [ddl]), drop=tuple(filter(None, [drop])), query=query)
    assert said in str(refused.value)


def test_the_answer_is_the_same_every_time_and_both_formats_hold_it(shop: Snapshot) -> None:
    ddl = 'create index on orders (customer_id) include (status); create index on old."Big Orders" ("Customer")'
    first, second = (ask(shop, ddl, query="select * from orders where customer_id = $1") for _ in range(2))
    assert first == second
    document = msgspec.json.decode(whatif_json.encode(first))
    assert document["contract_version"] == "1"
    assert [each["statements_using"] for each in document["indexes"]] == [2, 0]
    assert document["queries"][0]["plans"][0]["after"]["node_type"]
    assert document["workload"] == {"source": "a test", "cheaper": 2, "dearer": 0, "unchanged": 2, "omitted": []}
    text = whatif_text.text(first)
    assert max(map(len, text.splitlines())) <= 80
    assert "2 statements cheaper, 0 dearer, 2 unchanged" in text


def test_an_index_of_the_same_name_elsewhere_is_said_to_be_hidden_too(database: "Database") -> None:
    database.execute("create table a (x int); create schema s; create table s.b (x int)")
    database.execute("create index same on a (x); create index same on s.b (x)")
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    answer = ask(snapshot, drop=("same",), query="select from a join s.b using (x)")
    assert answer.hidden[0].table.name == "a"
    assert answer.notes == ("The index s.same of s.b has the same name and was hidden too.",)
    assert ask(snapshot, drop=("s.same",)).notes == ()
