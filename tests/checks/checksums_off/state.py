"""A server of its own with checksums, and the shared one without."""

from typing import TYPE_CHECKING

from tests.checks.states import OwnServer, initdb

if TYPE_CHECKING:
    from tests.conftest import Database


class State:
    conninfo: str | None = None

    def __init__(self, database: "Database") -> None:
        self.database = database
        data = database.instance.socket_directory / "with_checksums"
        initdb(database, data, "--data-checksums")
        self.own = OwnServer(database, data, 5436)

    def healthy(self) -> None:
        self.conninfo = self.own.conninfo

    def sick(self) -> None:
        self.conninfo = None

    cure = healthy
    relapse = sick

    def close(self) -> None:
        self.own.stop()
