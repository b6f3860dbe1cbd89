"""Apply a course of treatment to a database, without stopping its application."""

import hashlib
from collections.abc import Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import psycopg

from pgclinic.model.errors import UserError
from pgclinic.model.keeping import KeepRule, Rule, gain_of, times_words
from pgclinic.model.preflight import Decision, Examination, Preflight, Verdict
from pgclinic.model.prescription import Course, Prescription
from pgclinic.model.progress import Progress
from pgclinic.model.treatment import JournalEntry, State, Treatment
from pgclinic.postgres import equal_rows
from pgclinic.postgres.apply import NotOursError, Work, carry_out, is_done, take_back, wait_for_orphan
from pgclinic.postgres.asking import Plans, answers, ask, asked_about
from pgclinic.postgres.connect import open_session
from pgclinic.postgres.journal import Journal
from pgclinic.postgres.journal_entries import entries_of
from pgclinic.postgres.journal_file import JournalFile
from pgclinic.postgres.pooling import demand_direct_connection
from pgclinic.postgres.preflight import database_of, demand_patient, demand_primary, examine
from pgclinic.postgres.restore import restoring
from pgclinic.postgres.sending import Patience, WaitedTooLongError
from pgclinic.postgres.sessions import Sessions, loss_in_words
from pgclinic.postgres.waits import Waits
from pgclinic.postgres.window import Window, look_at_clock
from pgclinic.verbs.drawing import drawn_values

if TYPE_CHECKING:
    from pgclinic.model.workload import ParameterSet

_TO_DO = frozenset({Decision.APPLY, Decision.RESUME})
_OVER = frozenset({Decision.ALREADY_DONE, Decision.NEEDLESS})
_LIGHT = "SHARE UPDATE EXCLUSIVE"
_UNFINISHED = frozenset({State.STARTED, State.FAILED, State.UNDOING})


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How a course is applied: how patiently, within which hours, what is kept, how many builds at a time."""

    patience: Patience = Patience()
    window: Window | None = None
    keep_if: KeepRule = KeepRule()
    jobs: int = 1


def treat(
    conninfo: str,
    course: Course,
    *,
    dry_run: bool = False,
    patience: Patience | None = None,
    manner: Manner | None = None,
    journals: Path | None = None,
) -> Generator[Progress, None, Treatment]:
    """Apply the prescriptions in their order, stopping at the first that fails.

    Interrupted at any instant, the next call goes on where it stopped. What was done before is not done again.
    ``dry_run`` examines and returns every entry as planned, with the reason where it would be refused; nothing is
    written. ``patience`` is short for a manner with it. ``journals`` is the folder of the journal's copy on disk, the
    user's own when None. Raises UserError before anything is touched when the database is another one, or a
    prescription cannot be applied.
    """
    manner = manner or Manner(patience=patience or Patience())
    with loss_in_words("treat"):
        if dry_run:
            return (yield from _rehearse(conninfo, course, manner))
        with Sessions(conninfo) as sessions:
            return (yield from _Treating(sessions, course, manner, conninfo).run(journals))


def _rehearse(conninfo: str, course: Course, manner: Manner) -> Generator[Progress, None, Treatment]:
    yield Progress("examine")
    with open_session(conninfo) as connection, open_session(conninfo) as second:
        demand_direct_connection(connection, second)
        database = database_of(connection)
        demand_primary(database)
        demand_patient(database, course.patient)
        preflight = _examined(connection, course, _by_fingerprint(entries_of(connection)), manner)
        entries = [_as_entry(course, place, item) for place, item in enumerate(preflight.items)]
        return _treatment(connection, course, entries, preflight)


def _examined(
    connection: psycopg.Connection, course: Course, journalled: Mapping[str, JournalEntry], manner: Manner
) -> Preflight:
    insists = manner.keep_if.rule is Rule.ALWAYS
    return examine(connection, course, journalled, window=manner.window, insists=insists)


class _Treating:
    """One run of a course over one database."""

    def __init__(self, sessions: Sessions, course: Course, manner: Manner, conninfo: str) -> None:
        self.sessions = sessions
        self.conninfo = conninfo
        self.drawn: Mapping[str, tuple[ParameterSet, ...]] = {}
        self.course = course
        self.manner = manner
        self.entries: list[JournalEntry] = []

    def run(self, journals: Path | None) -> Generator[Progress, None, Treatment]:
        """All of it."""
        observer = self.sessions.observer
        database = database_of(observer)
        demand_primary(database)
        demand_patient(database, self.course.patient)
        self.sessions.lock()
        journalled = _by_fingerprint(entries_of(observer))
        preflight = _examined(observer, self.course, journalled, self.manner)
        # We are the clinic that is at work here.
        others = [look for look in preflight.looks if look.subject != "other clinics"]
        preflight = msgspec.structs.replace(preflight, looks=tuple(others))
        _demand_none_refused(preflight.items)
        yield from _warnings(preflight)
        yield from _strangers(self.course, journalled)
        self.entries = [_as_entry(self.course, place, item) for place, item in enumerate(preflight.items)]
        if any(item.decision in _TO_DO for item in preflight.items):
            file = JournalFile.open(database.system_identifier, database.oid, journals)
            try:
                if self.manner.keep_if.rule is not Rule.ALWAYS:
                    self.drawn = yield from drawn_values(self.conninfo, self.course.prescriptions)
                journal = self._planned(Journal(observer, file), preflight, journalled)
                yield from self._apply(journal)
            finally:
                file.close()
        return _treatment(observer, self.course, self.entries, preflight)

    def _planned(self, journal: Journal, preflight: Preflight, journalled: Mapping[str, JournalEntry]) -> Journal:
        if journal.exists:
            journal.upgrade()
        else:
            journal.make()
        for place, item in enumerate(preflight.items):
            if item.decision is Decision.APPLY:
                prescription = restoring(self.sessions.observer, item.prescription)
                self.entries[place] = journal.plan(_id(self.course), place, prescription)
            elif item.decision is Decision.RESUME:
                self.entries[place] = journalled[item.prescription.fingerprint]
        return journal

    def _apply(self, journal: Journal) -> Generator[Progress, None, None]:
        """Bring the entries to their end in place, until one fails; those that may, at the same time."""
        queue = [place for place, entry in enumerate(self.entries) if _is_open(entry)]
        hands = [self.sessions, *(self.sessions.another() for _ in range(min(self.manner.jobs, len(queue)) - 1))]
        lanes = tuple(hands)
        running: dict[int, _Running] = {}
        try:
            while queue or running:
                while hands and (place := self._next(queue, running)) is not None:
                    queue.remove(place)
                    yield Progress(f"treat {self.entries[place].prescription.object}", place, len(self.entries))
                    if reason := self._is_too_late(self.entries[place].prescription):
                        self.entries[place] = msgspec.structs.replace(self.entries[place], note=reason)
                        continue
                    work = Work(sessions=hands.pop(), patience=self.manner.patience, waits=Waits())
                    running[place] = _Running(work, self._one(work, journal, self.entries[place]))
                for place, one in list(running.items()):
                    one.work.others = len(running) - 1
                    try:
                        yield msgspec.structs.replace(next(one.verb), lane=lanes.index(one.work.sessions))
                    except StopIteration as end:
                        self.entries[place] = end.value
                        hands.append(running.pop(place).work.sessions)
                        yield Progress("", lane=lanes.index(hands[-1]))
                        if self.entries[place].state is State.FAILED:
                            queue.clear()
        finally:
            for one in running.values():
                one.verb.close()

    def _next(self, queue: list[int], running: Mapping[int, "_Running"]) -> int | None:
        """The first that may begin: index builds and drops beside those of other tables, everything else alone."""
        busy = {self.entries[place].prescription.table for place in running}
        if running and not all(_is_concurrent(self.entries[place].prescription) for place in running):
            return None
        for place in queue:
            prescription = self.entries[place].prescription
            if not running and place == queue[0]:
                return place
            if not _is_concurrent(prescription):
                return None
            if prescription.table not in busy:
                return place
            busy.add(prescription.table)
        return None

    def _is_too_late(self, prescription: Prescription) -> str:
        """Why this one is not begun any more within the hours that there are; empty when it is."""
        window = self.manner.window
        if window is None:
            return ""
        left = look_at_clock(self.sessions.observer, window).seconds_left
        needed = prescription.build_seconds or 0.0
        if left > needed:
            return ""
        return f"not begun: about {needed:,.0f} s needed (estimated), and the hours {window} end in {left:,.0f} s"

    def _one(self, work: Work, journal: Journal, entry: JournalEntry) -> Generator[Progress, None, JournalEntry]:
        sessions, prescription = work.sessions, entry.prescription
        sessions.demand_lock()
        try:
            if entry.state in _UNFINISHED:
                if (orphan := journal.orphan_of(entry)) is not None:
                    yield from wait_for_orphan(work, orphan, step=f"treat {prescription.object}")
                entry = journal.counted(entry)
            if entry.state is State.UNDOING:
                entry = yield from _taken_back(work, journal, entry, note=entry.note)
                if entry.note:
                    return entry
            # What a run before this one made would be in the plans by now: then what it was told counts.
            costs = entry.costs if entry.state in _UNFINISHED and entry.costs else self._costs(prescription)
            is_new = entry.state not in _UNFINISHED
            entry = journal.move(entry, State.STARTED, anew=entry.state is State.UNDONE, costs=costs)
            rows = self._rows_compared(prescription) if is_new else ""
            _name_worker(sessions, journal, entry)
            yield from carry_out(work, entry)
            if is_done(sessions.observer, prescription) is False:
                error = "it was run, and its own query says that it is not there"
                return journal.move(entry, State.FAILED, error=error)
            objection, note = self._judged(prescription, costs)
            if objection:
                return (yield from _taken_back(work, journal, entry, note=objection))
            note = ", ".join(filter(None, (note, rows)))
        except (psycopg.Error, WaitedTooLongError, NotOursError, OtherRowsError) as error:
            if sessions.observer.closed:
                raise
            words = error_in_words(error)
            return journal.move(entry, State.FAILED, error=words, longest_wait_ms=work.waits.longest_ms)
        except (KeyboardInterrupt, GeneratorExit):
            journal.move(entry, State.FAILED, error="interrupted", longest_wait_ms=work.waits.longest_ms)
            raise
        return journal.move(entry, State.DONE, note=note, longest_wait_ms=work.waits.longest_ms)

    def _rows_compared(self, prescription: Prescription) -> str:
        """What is known of the rows that changed conditions let through. Raises OtherRowsError for others."""
        if prescription.equal_rows is None:
            return ""
        found = equal_rows.compared(self.sessions.observer, prescription.equal_rows)
        if found.is_equal is False:
            raise OtherRowsError(f"it would let other rows through: {found.differing:,} differ")
        if found.is_equal is None:
            return f"equal rows unproved: {'; '.join(found.refusals)}"
        return f"the same rows under {found.asked} of {len(prescription.equal_rows.settings)} settings (compared)"

    def _costs(self, prescription: Prescription) -> dict[str, float]:
        if self.manner.keep_if.rule is Rule.ALWAYS:
            return {}
        return {key: plan.cost for key, plan in self._asked(prescription).items()}

    def _asked(self, prescription: Prescription) -> Plans:
        """What the planner says now, with values for the statements.

        What the application will no longer ask is not cheaper for it.
        """
        replaced = {mapping.original for mapping in prescription.mappings}
        gains = tuple(
            msgspec.structs.replace(gain, values=gain.values or self.drawn.get(gain.fingerprint, ()))
            for gain in asked_about(prescription)
            if gain.fingerprint not in replaced
        )
        return ask(self.sessions.observer, msgspec.structs.replace(prescription, gains=gains))

    def _judged(self, prescription: Prescription, costs: Mapping[str, float]) -> tuple[str, str]:
        """Why it is not kept, if it is not; and what the planner says of it."""
        is_asked = costs and self.manner.keep_if.rule is not Rule.ALWAYS
        found = answers(prescription, costs, self._asked(prescription)) if is_asked else ()
        if not found:
            return "", ""
        if not prescription.gains:
            objection = self.manner.keep_if.objection_to_loss(found)
            return (f"taken back: {objection}" if objection else ""), ""
        makes_index = bool(prescription.lasting)
        objection = self.manner.keep_if.objection(found, makes_index=makes_index)
        if objection:
            return f"taken back: {objection}", ""
        used = sum(answer.is_used for answer in found)
        by = f"used by {used} of {len(found)} statements, " if makes_index else ""
        return "", f"{by}{times_words(gain_of(found))} cheaper (planned by this server)"


class OtherRowsError(Exception):
    """A change that was thought to let the same rows through would not."""


class _Running(NamedTuple):
    """A prescription under way."""

    work: Work
    verb: Generator[Progress, None, JournalEntry]


def _is_open(entry: JournalEntry) -> bool:
    """Whether something is to be done about it now: what is planned with a note is for later."""
    return not (entry.is_settled or (entry.state is State.PLANNED and entry.note))


def _is_concurrent(prescription: Prescription) -> bool:
    """Whether it does nothing but build or drop indexes concurrently, which get along beside each other."""
    return all(each.lock == _LIGHT and (each.index is None or not each.in_transaction) for each in prescription.do)


def _taken_back(
    work: Work, journal: Journal, entry: JournalEntry, *, note: str = ""
) -> Generator[Progress, None, JournalEntry]:
    entry = journal.move(journal.counted(entry), State.UNDOING, note=note)
    _name_worker(work.sessions, journal, entry)
    yield from take_back(work, entry)
    return journal.move(entry, State.UNDONE, note=note, longest_wait_ms=work.waits.longest_ms)


def _name_worker(sessions: Sessions, journal: Journal, entry: JournalEntry) -> None:
    sessions.on_new_worker = lambda pid: journal.name_worker(entry, pid)
    sessions.on_new_worker(sessions.worker.info.backend_pid)


def _warnings(preflight: Preflight) -> Generator[Progress, None, None]:
    for look in preflight.looks:
        if look.verdict is Verdict.MIND:
            yield Progress("examine", note=f"{look.subject}: {look.words}")


def _strangers(course: Course, journalled: Mapping[str, JournalEntry]) -> Generator[Progress, None, None]:
    """Say what another course began here and did not finish."""
    known = {item.fingerprint for item in course.prescriptions}
    for fingerprint, entry in journalled.items():
        if entry.state in _UNFINISHED and fingerprint not in known:
            subject = entry.prescription.object
            yield Progress("examine", note=f"{subject} of another prescription was begun and is not finished")


def _demand_none_refused(items: Sequence[Examination]) -> None:
    refused = [item for item in items if item.decision is Decision.REFUSED]
    if refused:
        others = f" ({len(refused) - 1} more like it; --dry-run shows all)" if len(refused) > 1 else ""
        raise UserError(
            f"Nothing was changed, because {refused[0].prescription.object} cannot be treated: "
            f"{refused[0].reason}{others}."
        )


def _as_entry(course: Course, place: int, item: Examination) -> JournalEntry:
    is_refused = item.decision is Decision.REFUSED
    return JournalEntry(
        treatment=_id(course),
        position=place,
        prescription=item.prescription,
        state=State.DONE if item.decision in _OVER else State.PLANNED,
        error=item.reason if is_refused else "",
        note="" if is_refused else item.reason,
    )


def _by_fingerprint(entries: Iterable[JournalEntry]) -> Mapping[str, JournalEntry]:
    return {entry.prescription.fingerprint: entry for entry in entries}


def _treatment(
    connection: psycopg.Connection, course: Course, entries: Iterable[JournalEntry], preflight: Preflight
) -> Treatment:
    user = connection.info.user
    return Treatment(id=_id(course), applied_by=user, entries=tuple(entries), preflight=preflight)


def _id(course: Course) -> str:
    """Twelve hex digits: the same for the same course, so that running it again goes on with it."""
    parts: list[Prescription | str] = [item.fingerprint for item in course.prescriptions]
    return hashlib.sha256(msgspec.json.encode([course.patient, parts])).hexdigest()[:12]


def error_in_words(error: Exception) -> str:
    """What went wrong, in the server's words where they are its."""
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        return " ".join(filter(None, (error.diag.message_primary, error.diag.message_detail)))
    return str(error)
