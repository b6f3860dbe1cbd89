"""Every database of a server, one after the other, each over one connection of its own."""

from collections.abc import Callable, Generator
from typing import TypeVar

from msgspec.structs import replace
from psycopg.conninfo import make_conninfo

from pgclinic.model.cluster import DatabaseVisit
from pgclinic.model.errors import UserError
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.databases import databases_of
from pgclinic.verbs.snapshot import snapshot

Noun = TypeVar("Noun")


def each_database(
    conninfo: str,
    work: Callable[[Snapshot], Generator[Progress, None, Noun]],
    *,
    values: bool = True,
    redacted: bool = False,
) -> Generator[Progress, None, tuple[DatabaseVisit[Noun], ...]]:
    """Visit every database of the server and work on what was seen, in the order of their names.

    One that cannot be entered is named in the result and ends nothing. Templates, and those that a managed service
    keeps for itself, are left out. Raises UserError when not even the database of ``conninfo`` can be entered.
    """
    yield Progress("Connecting")
    visits: list[DatabaseVisit[Noun]] = []
    for name in databases_of(conninfo):
        try:
            seen = yield from _named(
                name, snapshot(make_conninfo(conninfo, dbname=name), values=values, redacted=redacted)
            )
            result = yield from _named(name, work(seen))
        except UserError as error:
            visits.append(DatabaseVisit(name, refusal=str(error)))
        else:
            visits.append(DatabaseVisit(name, result))
    return tuple(visits)


def _named(database: str, verb: Generator[Progress, None, Noun]) -> Generator[Progress, None, Noun]:
    """The verb's own progress, each step with the database in front."""
    while True:
        try:
            progress = next(verb)
        except StopIteration as end:
            noun: Noun = end.value
            return noun
        yield replace(progress, step=f"{database}: {progress.step}")
