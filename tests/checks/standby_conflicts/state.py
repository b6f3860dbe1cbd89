"""A standby on which somebody reads what vacuum on the primary clears."""

from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.checks.states import standby_of, until

if TYPE_CHECKING:
    from tests.conftest import Database


class State:
    def __init__(self, database: "Database") -> None:
        self.database = database
        database.execute("create table orders as select n as id from generate_series(1, 100) as n")
        self.own = standby_of(database, "conflicting_standby", 5439, max_standby_archive_delay="0")
        self.conninfo = self.own.conninfo

    def sick(self) -> None:
        with psycopg.connect(self.conninfo) as reader:
            reader.execute("set transaction isolation level repeatable read")
            reader.execute("select count(*) from orders")
            self.database.execute("delete from orders where id > (select max(id) - 20 from orders)")
            self.database.execute("vacuum orders")
            self.database.execute("select pg_switch_wal()")
            counted = "select sum(confl_snapshot) from pg_stat_database_conflicts"
            until(lambda: self.own.execute(counted) != [(0,)])
            with pytest.raises(psycopg.OperationalError):
                reader.execute("select 1")

    def cure(self) -> None:
        self.own.execute("select pg_stat_reset()")

    relapse = sick

    def close(self) -> None:
        self.own.stop()
