"""An application that connects anew for each question."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Database


class State:
    def __init__(self, database: "Database") -> None:
        self.database = database

    def sick(self) -> None:
        for _ in range(100):
            self.database.execute("select 1")

    def cure(self) -> None:
        self.database.execute("select pg_stat_reset()")

    def relapse(self) -> None:
        self.sick()

    def close(self) -> None:
        pass
