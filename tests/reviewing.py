"""Reviews for tests: a shop with rows and a workload, and what was objected to, by line."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgclinic.model.review import Review
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.sql.statements import split
from pgclinic.verbs.driving import drive
from pgclinic.verbs.review import SourceText, review
from pgclinic.workload.script import parse_script

if TYPE_CHECKING:
    from conftest import Database

_FOLDER = Path(__file__).parent / "reviews"


def same(text: str) -> str:
    return text


def text_of(name: str) -> str:
    return (_FOLDER / name).read_text()


def seen(database: "Database", write: Callable[[str], str] = same) -> Snapshot:
    """A visit of the shop, made in the database, with its names as ``write`` has them."""
    with database.connect() as connection:
        for statement in split(write(text_of("shop.sql"))):
            connection.execute(statement.encode())
    return seen_again(database)


def seen_again(database: "Database") -> Snapshot:
    """A visit of the database as it is."""
    with open_session(database.conninfo) as session:
        return drive(collect(session))


def reviewed(sql: str, snapshot: Snapshot | None = None, *, workload: str = "", **options: Any) -> Review:
    script = parse_script({"workload.sql": workload}) if workload else None
    return drive(review([SourceText("m.sql", sql)], snapshot, script=script, **options))


def found(result: Review) -> list[tuple[int, str]]:
    return [(each.place.line, each.finding.check) for each in result.objections]
