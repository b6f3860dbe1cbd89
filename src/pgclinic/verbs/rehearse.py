"""Try a treatment on a mannequin: a database of synthetic rows, measured treated and untreated side by side.

Nothing is asked of the user's server but the visit, and no row of theirs is there: only what ANALYZE kept.
"""

import math
import shutil
from collections.abc import Generator, Iterable
from time import monotonic

import msgspec
import psycopg

from pgclinic.advise.touched import relations_touched
from pgclinic.grading.calibration import booked
from pgclinic.grading.proving import compare
from pgclinic.instance import home
from pgclinic.mannequin.amounts import MOST_BYTES, MOST_ROWS
from pgclinic.mannequin.implied import implied_references
from pgclinic.mannequin.server import MODEL, Mannequin
from pgclinic.model.clock import seconds_between
from pgclinic.model.errors import UserError
from pgclinic.model.keeping import KeepRule, Rule
from pgclinic.model.names import RelationName
from pgclinic.model.preflight import Decision
from pgclinic.model.prescription import Course, Patient, Prescription
from pgclinic.model.progress import Progress
from pgclinic.model.rehearsal import Made, Rehearsal, RehearsedItem
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.treatment import JournalEntry, State
from pgclinic.model.workload import Load, Omission, SeenStatement, Step, Workload, WorkloadScript
from pgclinic.postgres.connect import open_session
from pgclinic.postgres.preflight import database_of
from pgclinic.sql import clock
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.verbs.prescribe import prescribe
from pgclinic.verbs.private import death_in_words, for_people
from pgclinic.verbs.prove import prove_both
from pgclinic.verbs.replay import replay
from pgclinic.verbs.snapshot import snapshot as visit
from pgclinic.verbs.treat import Manner, treat
from pgclinic.workload import from_script, from_statements

SCALE = 0.1
_TREATED = "treated"
_IN_APPLICATION = "it is for the application"
_DISK_SHARE = 0.5
"""Of the free disk, that the mannequin may take at most."""


def rehearse(
    snapshot: Snapshot,
    *,
    course: Course | None = None,
    script: WorkloadScript | None = None,
    seen: Iterable[SeenStatement | Omission] | None = None,
    scale: float = SCALE,
    seed: int = 1,
    most_rows: int = MOST_ROWS,
    most_bytes: int = MOST_BYTES,
    load: Load | None = None,
    keep: bool = False,
) -> Generator[Progress, None, Rehearsal]:
    """Make the mannequin, treat a copy of it with ``course`` (what ``prescribe`` writes when None), measure both.

    ``load`` is for each copy; what fails is left out. The workload is ``script``, what was ``seen``, or
    pg_stat_statements with values drawn from the mannequin's own statistics. The server and its files are gone
    afterwards, unless ``keep``. Raises UserError when there is nothing to run, or the private server cannot be had.
    """
    started = monotonic()
    load = msgspec.structs.replace(load or Load(connections=2), seed=seed, leave_out_failing=True)
    if not 0 < scale <= 1:
        raise UserError("The scale of a mannequin is a share of the rows: above 0, and 1 at most.")
    listed = list(seen) if seen is not None else None
    if course is None:
        course = yield from prescribe(snapshot, script=script, seen=listed)
    workload = from_statements.workload_of(snapshot) if script is None else from_script.workload_of(script)
    if not workload.statements and listed is None:
        raise UserError(f"{workload.source} holds no statement to rehearse with; give a workload or a log.")
    most_bytes = min(most_bytes, int(_DISK_SHARE * shutil.disk_usage(home()).free))
    mannequin = Mannequin(
        snapshot,
        relations=_relations(snapshot, workload, course) if listed is None else None,
        scale=scale,
        seed=seed,
        most_rows=most_rows,
        most_bytes=most_bytes,
        references=implied_references(snapshot, workload.statements),
    )
    with death_in_words("The mannequin's server"), mannequin:
        made = yield from mannequin.make()
        yield Progress("making the mannequin", note=_made_words(made))
        played = yield from _script(snapshot, mannequin, script, listed)
        yield Progress("copying the mannequin")
        treated = mannequin.copy(_TREATED)
        items, applied = yield from _treated(snapshot, made, treated, course, mannequin)
        mappings = tuple(mapping for item in applied for mapping in item.mappings)
        before, after = yield from prove_both(mannequin.conninfo(), treated, played, load, mappings=mappings)
        proof = compare(before, after)
        return Rehearsal(
            made=made,
            course=course,
            items=items,
            proof=proof,
            gains=tuple(booked(proof, applied, database="", server_version=made.made_with)),
            seconds=monotonic() - started,
            conninfo=for_people(mannequin.conninfo(MODEL)) if keep else "",
            treated=for_people(treated) if keep else "",
            postmaster=mannequin.keep() if keep else None,
        )


def _relations(snapshot: Snapshot, workload: Workload, course: Course) -> frozenset[int]:
    """What the workload touches and the course treats, and what these refer to: a key needs its parent's rows."""
    names = {RelationName(item.table.schema, item.table.name) for item in course.prescriptions}
    found = set(relations_touched(snapshot, workload))
    found |= {snapshot.relation_by_name[name].oid for name in names if name in snapshot.relation_by_name}
    pending = list(found)
    while pending:
        oid = pending.pop()
        parents = [each.references for each in snapshot.constraints_of.get(oid, ()) if each.references is not None]
        heirs = [child.oid for child in snapshot.children_of.get(oid, ())]
        for each in (*parents, *heirs):
            if each not in found and each in snapshot.relation_by_oid:
                found.add(each)
                pending.append(each)
    return frozenset(found)


def _made_words(made: Made) -> str:
    rows = sum(table.rows for table in made.tables)
    return (
        f"made {rows:,} synthetic rows in {len(made.tables)} tables, {made.bytes >> 20:,} MB, in {made.seconds:.0f} s"
    )


def _script(
    snapshot: Snapshot,
    mannequin: Mannequin,
    script: WorkloadScript | None,
    seen: list[SeenStatement | Omission] | None,
) -> Generator[Progress, None, WorkloadScript]:
    """The workload as of the snapshot's clock, with values that the mannequin's own rows have."""
    if script is None:
        there = yield from visit(mannequin.conninfo())
        there = msgspec.structs.replace(
            there,
            header=msgspec.structs.replace(there.header, clock=snapshot.header.clock),
            server=msgspec.structs.replace(there.server, database=snapshot.server.database),
            roles=snapshot.roles,
            statements=snapshot.statements,
            statement_coverage=snapshot.statement_coverage,
        )
        script = yield from replay(there, seen=seen)
        # Each as often: the rare ones, often the slow ones, need their samples too.
        script = msgspec.structs.replace(
            script, tasks=tuple(msgspec.structs.replace(task, weight=1.0) for task in script.tasks)
        )
    moment = snapshot.header.clock
    tasks = tuple(
        msgspec.structs.replace(task, steps=tuple(_as_of(step, moment) for step in task.steps)) for task in script.tasks
    )
    return msgspec.structs.replace(script, tasks=tasks)


def _as_of(step: Step, moment: str) -> Step:
    """The step with the present moment as it was at the visit: the rows end there."""
    try:
        return msgspec.structs.replace(
            step,
            sql=clock.with_fixed_clock(step.sql, moment),
            variants=tuple(clock.with_fixed_clock(variant, moment) for variant in step.variants),
        )
    except UnreadableSqlError:
        return step


def _treated(
    snapshot: Snapshot, made: Made, conninfo: str, course: Course, mannequin: Mannequin
) -> Generator[Progress, None, tuple[tuple[RehearsedItem, ...], tuple[Prescription, ...]]]:
    """Apply what can be applied there; every item of the course with what became of it, and those that were."""
    manner = Manner(keep_if=KeepRule(rule=Rule.ALWAYS))
    left = msgspec.structs.replace(course, patient=_patient(snapshot, conninfo), tables=())
    entries: dict[str, JournalEntry] = {}
    reasons = _beyond_rights(conninfo, course)
    reasons |= {item.fingerprint: _IN_APPLICATION for item in course.prescriptions if item.is_elsewhere}
    left = _without(left, reasons)
    # The journal goes with the server.
    journals = mannequin.instance.socket_directory
    for _ in range(len(course.prescriptions) + 1):
        examined = yield from treat(conninfo, left, dry_run=True, manner=manner)
        refused = {
            item.prescription.fingerprint: item.reason
            for item in (examined.preflight.items if examined.preflight else ())
            if item.decision is Decision.REFUSED
        }
        reasons |= refused
        left = _without(left, refused)
        treatment = yield from treat(conninfo, left, manner=manner, journals=journals)
        entries |= {entry.prescription.fingerprint: entry for entry in treatment.entries}
        failed = {each.prescription.fingerprint for each in treatment.entries if each.state is State.FAILED}
        if not failed:
            break
        left = _without(left, failed)
    items = tuple(_item(made, item, entries, reasons) for item in course.prescriptions)
    done = [entry.prescription.fingerprint for entry in entries.values() if entry.state is State.DONE]
    return items, tuple(item for item in course.prescriptions if item.fingerprint in done)


def _beyond_rights(conninfo: str, course: Course) -> dict[str, str]:
    """What an ordinary role cannot even look at, such as the server's own settings, by fingerprint."""
    found = {}
    with open_session(conninfo) as connection:
        for item in course.prescriptions:
            try:
                if item.verify:
                    connection.execute(item.verify.encode())
            except psycopg.errors.InsufficientPrivilege:
                found[item.fingerprint] = "it is about the whole server, and the mannequin has one of its own"
            except psycopg.Error:
                continue  # what is missing there, treat says better
    return found


def _without(course: Course, fingerprints: Iterable[str]) -> Course:
    gone = set(fingerprints)
    kept = tuple(item for item in course.prescriptions if item.fingerprint not in gone)
    return msgspec.structs.replace(course, prescriptions=kept)


def _patient(snapshot: Snapshot, conninfo: str) -> Patient:
    with open_session(conninfo) as connection:
        database = database_of(connection)
        return Patient(
            database=database.name,
            database_oid=database.oid,
            system_identifier=database.system_identifier,
            version_num=connection.info.server_version,
            clock=snapshot.header.clock,
        )


def _item(
    made: Made,
    prescription: Prescription,
    entries: dict[str, JournalEntry],
    reasons: dict[str, str],
) -> RehearsedItem:
    entry = entries.get(prescription.fingerprint)
    seconds = None
    if entry is not None and entry.state is State.DONE and entry.started_at and entry.ended_at:
        seconds = seconds_between(entry.started_at, entry.ended_at)
    return RehearsedItem(
        kind=prescription.kind,
        object=prescription.object,
        sql=tuple(statement.sql for statement in prescription.do),
        state=entry.state.value if entry is not None else "not rehearsed",
        seconds=seconds,
        full_seconds=_full_seconds(made, prescription, seconds),
        note=(entry.error or entry.note) if entry is not None else reasons.get(prescription.fingerprint, ""),
    )


def _full_seconds(made: Made, prescription: Prescription, seconds: float | None) -> float | None:
    """What reads or sorts the table takes longer with its rows; everything else takes as long there as here."""
    if seconds is None:
        return None
    if not any(statement.makes is not None for statement in prescription.do):
        return seconds
    tables = [
        table
        for table in made.tables
        if table.name == RelationName(prescription.table.schema, prescription.table.name) and table.rows > 1
    ]
    if not tables or tables[0].full_rows <= tables[0].rows:
        return seconds
    rows, full = tables[0].rows, tables[0].full_rows
    return seconds * full * math.log2(full) / (rows * math.log2(rows))
