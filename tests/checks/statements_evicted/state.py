"""A server of its own that has room for few statements: the shared one has room for all."""

from typing import TYPE_CHECKING

from tests.checks.states import OwnServer, initdb

if TYPE_CHECKING:
    from tests.conftest import Database


class State:
    def __init__(self, database: "Database") -> None:
        data = database.instance.socket_directory / "little_room"
        initdb(database, data)
        room = {"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.max": "100"}
        self.own = OwnServer(database, data, 5438, **room)
        self.conninfo = self.own.conninfo

    def healthy(self) -> None:
        self.own.execute("create extension pg_stat_statements")
        for column in "abcdefghij":
            self.own.execute(f"select 1 as {column}")

    def sick(self) -> None:
        for number in range(300):
            self.own.execute(
                f"select 1 as column_{number}, 2 as other_{number}, {', '.join(['3'] * (number % 60 + 1))}"
            )
        assert self.own.execute("select dealloc > 0 from pg_stat_statements_info") == [(True,)]

    def cure(self) -> None:
        self.own.execute("select pg_stat_statements_reset()")

    relapse = sick

    def close(self) -> None:
        self.own.stop()
