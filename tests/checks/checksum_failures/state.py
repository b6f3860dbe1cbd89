"""A server with checksums, one page of which is changed behind its back."""

from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.checks.states import OwnServer, initdb

if TYPE_CHECKING:
    from tests.conftest import Database


class State:
    def __init__(self, database: "Database") -> None:
        self.database = database
        self.data = database.instance.socket_directory / "damaged"
        initdb(database, self.data, "--data-checksums")
        self.own = OwnServer(database, self.data, 5437)
        self.conninfo = self.own.conninfo

    def healthy(self) -> None:
        self.own.execute("create table orders as select n as id from generate_series(1, 1000) as n")
        self.own.execute("checkpoint")

    def sick(self) -> None:
        [(path,)] = self.own.execute("select pg_relation_filepath('orders')")
        self.own.stop()
        with (self.data / path).open("r+b") as file:
            file.seek(4000)
            file.write(b"damage")
        self.own = OwnServer(self.database, self.data, 5437)
        self.relapse()

    def cure(self) -> None:
        self.own.execute("select pg_stat_reset()")

    def relapse(self) -> None:
        with pytest.raises(psycopg.errors.DataCorrupted):
            self.own.execute("select count(*) from orders")

    def close(self) -> None:
        self.own.stop()
