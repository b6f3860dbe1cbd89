"""One prescription, there or back: a protocol that can be stopped anywhere and taken up again.

Before each statement the catalogs say whether it was run before, to the end or halfway. What may be half done is known
from the journal, which is written first.
"""

import time
from collections.abc import Generator
from itertools import groupby

import msgspec
import psycopg

from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.names import RelationName
from pgclinic.model.prescription import Prescription, Statement
from pgclinic.model.progress import Progress
from pgclinic.model.treatment import JournalEntry
from pgclinic.postgres.indexes import SeenIndex, find_index, leftovers_of
from pgclinic.postgres.journal import count_statement
from pgclinic.postgres.locks import sight_of
from pgclinic.postgres.replicas import furthest_behind
from pgclinic.postgres.sending import GaveWayError, Patience, WaitedTooLongError, Waiting, run_watched
from pgclinic.postgres.sessions import Sessions
from pgclinic.postgres.short_locks import PAUSES, Script, resting, run_shortly
from pgclinic.postgres.waits import Waits
from pgclinic.remedies.create_index import drop_concurrently, drop_with_partitions

_AGAIN = 3
"""How often a concurrent statement is begun again that was a deadlock's victim or gave way to somebody."""

_POLL_SECONDS = 0.25
_END_SECONDS = 10
"""How long a server process may take to end when it is told to."""

_CLEANING = Patience(locks_s=3, transactions_s=3)
"""For what is tidied up after an interruption, when somebody is waiting for the prompt."""


_SHORTEST_REST_SECONDS = 0.02
_LAG_SECONDS = 0.5


class Work(msgspec.Struct, kw_only=True):
    """What it takes to run a prescription: the sessions, how patient to be, and what others had to wait.

    ``others`` is how many prescriptions are run at the same time by turns with it.
    """

    sessions: Sessions
    patience: Patience
    waits: Waits
    others: int = 0

    @property
    def observer(self) -> psycopg.Connection:
        """The session that looks on."""
        return self.sessions.observer

    @property
    def worker(self) -> psycopg.Connection:
        """The session that runs the statements."""
        return self.sessions.worker


class NotOursError(Exception):
    """Something stands where the treatment's object should be that the treatment did not make."""


def carry_out(work: Work, entry: JournalEntry) -> Generator[Progress, None, None]:
    """Do what the entry's prescription says; statements that were run before are not run again.

    Raises psycopg.Error, WaitedTooLongError or NotOursError; then no invalid index of ours is left, unless
    removing it had to wait too long as well.
    """
    prescription = entry.prescription
    try:
        yield from _run_all(work, _Way(prescription, prescription.do, entry.steps, is_back=False))
    except (psycopg.Error, WaitedTooLongError):
        work.sessions.renew_worker()
        yield from _remove_invalid(work, prescription)
        raise
    except (KeyboardInterrupt, GeneratorExit):
        work.sessions.renew_worker()
        hasty = msgspec.structs.replace(work, patience=_CLEANING)
        for _ in _remove_invalid(hasty, prescription):
            pass
        raise


def take_back(work: Work, entry: JournalEntry) -> Generator[Progress, None, None]:
    """Undo the prescription, however far it came. Raises as ``carry_out`` does."""
    prescription = entry.prescription
    if _was_begun(entry):
        begun = entry.steps + _may_be_half_done(prescription, entry.steps)
        undo = tuple(statement for statement in prescription.undo if statement.needs <= begun)
        yield from _run_all(work, _Way(prescription, undo, entry.undone, is_back=True))
    for statement in prescription.do:
        yield from _remove_leftovers(work, statement)
        if statement.makes is not None and statement.index is not None:
            yield from _remove(work, statement.index, statement.makes)


def _was_begun(entry: JournalEntry) -> bool:
    """Whether anything of it can be there: a transaction that is not counted was never committed."""
    return entry.steps > 0 or _may_be_half_done(entry.prescription, 0) or entry.rows > 0


def _may_be_half_done(prescription: Prescription, step: int) -> bool:
    """Whether the statement after so many can have been run without being counted, or can have begun."""
    if step >= len(prescription.do):
        return False
    statement = prescription.do[step]
    return not statement.in_transaction or statement.repeats


def is_done(connection: psycopg.Connection, prescription: Prescription) -> bool | None:
    """What the prescription's own query says; None when it has none."""
    if not prescription.verify:
        return None
    row = connection.execute(prescription.verify.encode()).fetchone()
    return bool(row and row[0])


def wait_for_orphan(work: Work, pid: int, *, step: str) -> Generator[Progress, None, None]:
    """Wait until the server is through with a statement whose client is gone, as long as it gets on; else end it.

    What it built counts: the next look at the catalogs finds it. Raises WaitedTooLongError when it cannot be ended.
    """
    waiting, ends_at = Waiting(work.patience), float("inf")
    while (sight := sight_of(work.observer, pid)) is not None:
        try:
            yield waiting.note(work.observer, sight, f"{step}: the server is still at it for the run before this")
        except WaitedTooLongError:
            if time.monotonic() > ends_at:
                raise
            if ends_at == float("inf"):
                ends_at = time.monotonic() + _END_SECONDS
                work.observer.execute("select pg_catalog.pg_terminate_backend(%s)", [pid])
        time.sleep(_POLL_SECONDS)


class _Way(msgspec.Struct, frozen=True):
    """There or back: the statements, and how many of them are known to be run."""

    prescription: Prescription
    statements: tuple[Statement, ...]
    counted: int
    is_back: bool

    def record(self, count: int, rows: int = 0) -> str:
        """The UPDATE of the journal that says how many are run now."""
        fingerprint = self.prescription.fingerprint
        if self.is_back:
            return count_statement(fingerprint, undone=count, rows=rows)
        return count_statement(fingerprint, steps=count, rows=rows)


def _run_all(work: Work, way: _Way) -> Generator[Progress, None, None]:
    places = list(enumerate(way.statements))
    for (in_transaction, repeats), group in groupby(places, key=lambda place: (_is_plain(place[1]), place[1].repeats)):
        members = list(group)
        pending = [
            (place, statement) for place, statement in members if not _is_over(work.observer, way, place, statement)
        ]
        if repeats:
            for place, statement in pending:
                yield from _in_batches(work, way, place, statement)
        elif in_transaction and pending:
            yield from _together(work, way, members[-1][0] + 1, [statement for _, statement in pending])
        else:
            for place, statement in pending:
                yield from _concurrently(work, way.prescription, statement)
                work.observer.execute(way.record(place + 1).encode())


def _is_plain(statement: Statement) -> bool:
    return statement.in_transaction and not statement.repeats


def _is_over(observer: psycopg.Connection, way: _Way, place: int, statement: Statement) -> bool:
    """Whether this statement was run to its end: of an index the catalogs know, of any other the journal.

    What cannot be run in the transaction that counts it may have been run all the same: then the prescription's own
    query knows.
    """
    if statement.is_interim and place < way.counted:
        return True
    if statement.index is None:
        if place < way.counted:
            return True
        return not (statement.in_transaction or way.is_back) and is_done(observer, way.prescription) is True
    seen = find_index(observer, statement.index)
    if statement.makes is None:
        if seen is not None:
            _demand_ours(seen, _definition(way.prescription, statement.index))
        return seen is None
    if seen is None:
        return False
    _demand_ours(seen, statement.makes)
    return seen.is_valid or seen.is_partitioned


def _together(work: Work, way: _Way, count: int, statements: list[Statement]) -> Generator[Progress, None, int]:
    """Statements in one transaction, in which the journal counts them: they are run once, or not at all."""
    script = Script(statements, lambda _: way.record(count), str(way.prescription.object))
    return (yield from run_shortly(work.worker, work.observer, script, work.patience, work.waits))


def _in_batches(work: Work, way: _Way, place: int, statement: Statement) -> Generator[Progress, None, None]:
    """A statement again and again until it finds no more rows, each time in a transaction that counts them.

    Between two batches as long a rest as the batch took, and longer while a replica is far behind.
    """
    step, done = str(way.prescription.object), 0

    def record(rows: int) -> str:
        return way.record(place, rows) if rows else way.record(place + 1)

    script = Script([statement], record, step)
    while True:
        began = time.monotonic()
        rows = yield from run_shortly(work.worker, work.observer, script, work.patience, work.waits)
        if not rows:
            return
        done += rows
        yield Progress(f"{step}: {done:,} rows")
        yield from resting(step, max(time.monotonic() - began, _SHORTEST_REST_SECONDS))
        yield from _wait_for_replicas(work, step)


def _wait_for_replicas(work: Work, step: str) -> Generator[Progress, None, None]:
    limits = work.patience
    while behind := furthest_behind(work.observer):
        if behind.seconds <= limits.lag_s and behind.bytes <= limits.lag_bytes:
            return
        far = f"{behind.seconds:.0f} s and {behind.bytes >> 20:,} MB"
        yield Progress(f"{step}: waiting for {behind.name}, which is {far} behind")
        time.sleep(_LAG_SECONDS)


def _concurrently(work: Work, prescription: Prescription, statement: Statement) -> Generator[Progress, None, None]:
    step = f"{'build' if statement.makes else 'drop'} {prescription.object}" if statement.index else statement.sql
    for pause in (*PAUSES[:_AGAIN], None):
        if statement.index is not None and statement.makes is not None:
            yield from _remove(work, statement.index, statement.makes)
        yield from _remove_leftovers(work, statement)
        yield Progress(step)
        try:
            yield from _run_watched(work, statement.sql, step)
        except psycopg.errors.DeadlockDetected:
            if pause is None:
                raise
        except GaveWayError as error:
            if pause is None:
                raise WaitedTooLongError(f"{error}, each of {_AGAIN + 1} times") from error
        else:
            return
        yield from resting(step, pause)


def _run_watched(work: Work, sql: str, step: str) -> Generator[Progress, None, None]:
    yield from run_watched(
        work.worker,
        work.observer,
        sql,
        step=step,
        patience=work.patience,
        waits=work.waits,
        others=work.others,
    )


def _remove_invalid(work: Work, prescription: Prescription) -> Generator[Progress, None, None]:
    """Drop what is left of builds that did not get to their end; what cannot go now goes next time."""
    for statement in prescription.do:
        try:
            yield from _remove_leftovers(work, statement)
            if statement.makes is None or statement.index is None or statement.in_transaction:
                continue
            seen = find_index(work.observer, statement.index)
            if seen is not None and not seen.is_valid and seen.is_made_from(statement.makes):
                yield from _remove(work, statement.index, statement.makes)
        except WaitedTooLongError:
            name = statement.index or statement.rebuilds
            yield Progress(str(prescription.object), note=f"{name} left an invalid index behind; it goes next time")


def _remove_leftovers(work: Work, statement: Statement) -> Generator[Progress, None, None]:
    """Drop what an interrupted REINDEX CONCURRENTLY left; there was nothing of the kind before the prescription."""
    if statement.rebuilds is None:
        return
    for left in leftovers_of(work.observer, statement.rebuilds):
        drop = drop_concurrently(left.name, left.table)
        try:
            yield from _run_watched(work, drop.sql, f"remove {left.name}")
        except GaveWayError as error:
            raise WaitedTooLongError(str(error)) from error


def _remove(work: Work, index: RelationName, definition: IndexDefinition) -> Generator[Progress, None, None]:
    """Drop what is left of an index that this definition made, if anything is."""
    seen = find_index(work.observer, index)
    if seen is None:
        return
    _demand_ours(seen, definition)
    step = f"remove what is left of index {index}"
    if seen.is_partitioned:
        script = Script([drop_with_partitions(index, definition.relation)], lambda _: "select", step)
        yield from run_shortly(work.worker, work.observer, script, work.patience, work.waits)
        return
    try:
        yield from _run_watched(work, drop_concurrently(index, definition.relation).sql, step)
    except GaveWayError as error:
        raise WaitedTooLongError(str(error)) from error


def _definition(prescription: Prescription, index: RelationName) -> IndexDefinition | None:
    for statement in (*prescription.do, *prescription.undo):
        if statement.index == index and statement.makes is not None:
            return statement.makes
    return None


def _demand_ours(seen: SeenIndex, definition: IndexDefinition | None) -> None:
    if definition is not None and not seen.is_made_from(definition):
        raise NotOursError(
            f"{seen.name} on {seen.table} is not the index that the prescription is about; it was left alone"
        )
