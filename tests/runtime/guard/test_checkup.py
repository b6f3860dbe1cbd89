"""The way from the application's comment to the finding of a checkup, on a real server."""

import psycopg
import pytest

from conftest import Database
from pgclinic.checks.n_plus_one import examine
from pgclinic.postgres.collect import collect
from pgclinic.verbs.driving import drive
from pgclinic_runtime.guard import guard, tagged

pytestmark = pytest.mark.server


def test_a_finding_names_the_route_that_was_first_seen_to_send_the_statement(database: Database) -> None:
    database.execute(
        "create extension pg_stat_statements;"
        "create table orders (id int primary key);"
        "create table items (id int primary key, order_id int references orders);"
        "insert into orders select generate_series(1, 30);"
        "insert into items select i, i from generate_series(1, 30) as i; analyze"
    )
    with guard(psycopg.connect(database.conninfo, autocommit=True)) as connection:
        with tagged({"route": "/orders", "framework": "fastapi"}):
            for (key,) in connection.execute("select id from orders order by id").fetchall():
                connection.execute("select * from items where order_id = %s", [key])
        for key in range(5):
            connection.execute("select * from items where order_id = %s", [key])
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        snapshot = drive(collect(connection))
    (finding,) = examine(snapshot, min_calls=20, apart=0.3)
    (fact,) = [fact for fact in finding.facts if fact.name == "first_seen_from"]
    assert (fact.value, fact.provenance) == ("/orders (fastapi)", "estimated")
