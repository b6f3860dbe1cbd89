"""What was done to a database, what is under way, and what can be done next."""

from collections.abc import Generator, Sequence

import psycopg

from pgclinic.model.progress import Progress
from pgclinic.model.treatment import JournalEntry, State, Status, Underway
from pgclinic.postgres.connect import open_session
from pgclinic.postgres.journal_entries import entries_of, is_journalled, workers_of
from pgclinic.postgres.locks import clinic_at_work, sessions_in_words, sight_of
from pgclinic.postgres.preflight import database_of

_CLOCK = "select pg_catalog.clock_timestamp()::pg_catalog.text"


def status(conninfo: str) -> Generator[Progress, None, Status]:
    """The journal's entries, who is at work on them, and the commands that make sense now. Reads only."""
    yield Progress("reading the journal")
    with open_session(conninfo) as connection:
        is_there = is_journalled(connection)
        entries = tuple(entries_of(connection))
        clinic = clinic_at_work(connection)
        (clock,) = connection.execute(_CLOCK).fetchone() or ("",)
        return Status(
            database=database_of(connection).name,
            clock=clock,
            is_journalled=is_there,
            entries=entries,
            clinic=clinic,
            underway=tuple(_underway(connection)) if is_there else (),
            next_steps=tuple(_next_steps(entries, clinic, is_there=is_there)),
        )


def _underway(connection: psycopg.Connection) -> Generator[Underway, None, None]:
    for fingerprint, pid in workers_of(connection):
        sight = sight_of(connection, pid)
        if sight is None:
            continue
        words = sight.phase or "at work"
        if sight.waits_for:
            words = f"waiting for {sessions_in_words(connection, sight.blocking_pids)}"
        yield Underway(fingerprint=fingerprint, pid=pid, words=words, done=sight.blocks_done, total=sight.blocks_total)


def _next_steps(
    entries: Sequence[JournalEntry], clinic: str, *, is_there: bool
) -> Generator[tuple[str, str], None, None]:
    states = {entry.state for entry in entries}
    if clinic:
        yield "pgclinic status TARGET", "shows how far it is"
    elif not is_there:
        yield "pgclinic treat TARGET PRESCRIPTION --dry-run", "shows what a prescription would do"
    elif State.UNDOING in states:
        yield "pgclinic undo TARGET", "goes on taking back where it stopped"
    elif states & {State.STARTED, State.FAILED, State.PLANNED}:
        yield "pgclinic treat TARGET PRESCRIPTION", "goes on where it stopped"
        yield "pgclinic undo TARGET", "takes back what was done so far"
    elif State.DONE in states:
        yield "pgclinic undo TARGET", "takes everything back, latest first"
        yield "pgclinic undo TARGET --item N", "takes one item back"
    else:
        yield "pgclinic undo TARGET --purge", "removes the journal: nothing of any treatment stands"
