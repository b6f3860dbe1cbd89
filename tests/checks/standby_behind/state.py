"""A standby of the database's server, whose replay is paused and goes on."""

from typing import TYPE_CHECKING

from tests.checks.states import standby_of

if TYPE_CHECKING:
    from tests.conftest import Database


class State:
    def __init__(self, database: "Database") -> None:
        self.own = standby_of(database, "paused_standby", 5438)
        self.conninfo = self.own.conninfo

    def sick(self) -> None:
        self.own.execute("select pg_wal_replay_pause()")

    def cure(self) -> None:
        self.own.execute("select pg_wal_replay_resume()")

    relapse = sick

    def close(self) -> None:
        self.own.stop()
