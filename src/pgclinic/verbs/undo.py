"""Take back treatments of a database, latest first."""

from collections.abc import Generator, Sequence

import psycopg

from pgclinic.model.errors import UserError
from pgclinic.model.progress import Progress
from pgclinic.model.treatment import JournalEntry, State, Treatment
from pgclinic.postgres.apply import NotOursError, Work, take_back, wait_for_orphan
from pgclinic.postgres.journal import Journal
from pgclinic.postgres.journal_entries import is_journalled
from pgclinic.postgres.journal_file import JournalFile
from pgclinic.postgres.preflight import database_of, demand_primary
from pgclinic.postgres.sending import Patience, WaitedTooLongError
from pgclinic.postgres.sessions import Sessions, loss_in_words
from pgclinic.postgres.waits import Waits
from pgclinic.verbs.treat import error_in_words

_STANDING = frozenset({State.STARTED, State.DONE, State.FAILED, State.UNDOING})


def undo(
    conninfo: str,
    *,
    item: int | None = None,
    to: str = "",
    purge: bool = False,
    patience: Patience | None = None,
) -> Generator[Progress, None, Treatment]:
    """Take back what treatments did to this database, so that its schema is what it was before them.

    All of it, or only ``item``, by its number in the list of ``status``, or only what was begun after the run ``to``.
    Interrupted at any instant, the next call goes on. An entry that could not be taken back stays ``undoing`` with
    its error, and nothing older is touched. ``purge`` also removes the journal from the database.
    Raises UserError on a standby, through a transaction pooler, or while another clinic is at work.
    """
    with loss_in_words("undo"), Sessions(conninfo) as sessions:
        database = database_of(sessions.observer)
        demand_primary(database)
        sessions.lock()
        if not is_journalled(sessions.observer):
            if item is not None or to:
                raise UserError("There is no journal in this database, so there is nothing to take back.")
            return Treatment(id="", applied_by=sessions.observer.info.user, entries=())
        file = JournalFile.open(database.system_identifier, database.oid)
        try:
            journal = Journal(sessions.observer, file)
            journal.upgrade()
            standing = _chosen(journal.entries(), item, to)
            return (yield from _undo(sessions, journal, standing, patience or Patience(), purge=purge))
        finally:
            file.close()


def _chosen(entries: Sequence[JournalEntry], item: int | None, to: str) -> list[JournalEntry]:
    """What is to be taken back, latest first. Raises UserError for an item or a run that is not in the journal."""
    if item is not None:
        if not 1 <= item <= len(entries):
            raise UserError(f"--item {item}: the journal has {len(entries)} items; status lists them.")
        entries = [entries[item - 1]]
    elif to:
        places = [place for place, entry in enumerate(entries) if entry.treatment == to]
        if not places:
            raise UserError(f"--to {to}: no run of this name is in the journal; status lists them.")
        entries = entries[places[-1] + 1 :]
    return [entry for entry in reversed(entries) if entry.state in _STANDING]


def _undo(
    sessions: Sessions, journal: Journal, entries: list[JournalEntry], patience: Patience, *, purge: bool
) -> Generator[Progress, None, Treatment]:
    for position, entry in enumerate(entries):
        yield Progress(f"undo {entry.prescription.object}", position, len(entries))
        work = Work(sessions=sessions, patience=patience, waits=Waits())
        entries[position] = yield from _one(work, journal, entry)
        if entries[position].error:
            break
    if purge and all(entry.state not in _STANDING for entry in journal.entries()):
        journal.purge()
        yield Progress("undo", note="The journal is removed: nothing of pgclinic is left in this database.")
    latest = entries[0].treatment if entries else ""
    return Treatment(id=latest, applied_by=sessions.observer.info.user, entries=tuple(entries))


def _one(work: Work, journal: Journal, entry: JournalEntry) -> Generator[Progress, None, JournalEntry]:
    sessions = work.sessions
    sessions.demand_lock()
    try:
        if (orphan := journal.orphan_of(entry)) is not None:
            yield from wait_for_orphan(work, orphan, step=f"undo {entry.prescription.object}")
        entry = journal.move(journal.counted(entry), State.UNDOING)
        journal.name_worker(entry, sessions.worker.info.backend_pid)
        yield from take_back(work, entry)
    except (psycopg.Error, WaitedTooLongError, NotOursError) as error:
        if sessions.observer.closed:
            raise
        sessions.renew_worker()
        words = error_in_words(error)
        return journal.move(entry, State.UNDOING, error=words, longest_wait_ms=work.waits.longest_ms)
    return journal.move(entry, State.UNDONE, longest_wait_ms=work.waits.longest_ms)
