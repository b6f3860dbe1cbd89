"""A subscription to a second database of the same server, one row of which is already here."""

from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from tests.checks.states import until

if TYPE_CHECKING:
    from tests.conftest import Database


class State:
    def __init__(self, database: "Database") -> None:
        self.database = database
        self.name = f"{database.name}_source"
        database.execute(f"create database {self.name}")
        self.source = make_conninfo(database.conninfo, dbname=self.name)

    def healthy(self) -> None:
        with psycopg.connect(self.source, autocommit=True) as source:
            source.execute("create table orders (id int primary key)")
            source.execute("insert into orders values (1)")
            source.execute("create publication everything for all tables")
            source.execute(f"select pg_create_logical_replication_slot('{self.name}', 'pgoutput')")
        self.database.execute(
            sql.SQL(
                "create subscription arrivals connection {} publication everything"
                " with (create_slot = false, slot_name = {}, copy_data = false)"
            ).format(self.source, sql.Identifier(self.name))
        )

    def sick(self) -> None:
        self.database.execute("insert into orders values (2)")
        with psycopg.connect(self.source, autocommit=True) as source:
            source.execute("insert into orders values (2)")
        failures = "select apply_error_count > 0 from pg_stat_subscription_stats"
        until(lambda: self.database.execute(failures) == [(True,)])

    def cure(self) -> None:
        self.database.execute("delete from orders where id = 2")
        self.database.execute("alter subscription arrivals disable")
        self.database.execute("alter subscription arrivals enable")
        until(lambda: self.database.execute("select count(*) from orders") == [(2,)])
        self.database.execute("select pg_stat_reset_subscription_stats(null)")

    def close(self) -> None:
        self.database.execute("alter subscription arrivals disable")
        self.database.execute("alter subscription arrivals set (slot_name = none)")
        self.database.execute("drop subscription arrivals")
        until(lambda: not self.database.execute("select from pg_replication_slots where active"))
        self.database.execute("select pg_drop_replication_slot(%s)", [self.name])
        self.database.execute(f"drop database {self.name} with (force)")
