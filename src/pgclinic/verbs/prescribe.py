"""Write the treatment: indexes for the workload, each confirmed on the twin, and the remedies of what was found."""

import pkgutil
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence

import msgspec

from pgclinic import remedies
from pgclinic.advise import advisers, indexes
from pgclinic.advise.aims import Aims
from pgclinic.advise.asked_after import asked_after, new_queries
from pgclinic.advise.case import Case
from pgclinic.advise.drops import missed_indexes
from pgclinic.advise.housekeeping import with_housekeeping
from pgclinic.advise.indexes import Advice
from pgclinic.advise.limits import Limits
from pgclinic.advise.merging import merge, settle
from pgclinic.advise.touched import relations_touched
from pgclinic.advise.watching import with_watches
from pgclinic.advise.worth import Worth, worth_of
from pgclinic.grading.forecast import forecast, foreseen
from pgclinic.model.checkup import Checkup
from pgclinic.model.errors import UserError
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import RelationName
from pgclinic.model.platform import platform_relations
from pgclinic.model.prescription import Course, Declined, Patient, Prescription, Risk, SeenTable, When, WorkloadEffect
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import Omission, SeenStatement, Workload, WorkloadScript, WorkloadStatement
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.shape import shape_of
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.twin.planner import Twin
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.private import death_in_words
from pgclinic.workload import from_script, from_statements
from pgclinic.workload.seen import joined

INDEX = "index"
"""The kind of what the index adviser prescribes: new indexes, and drops of those that they make useless."""

_OF_ADVISERS = frozenset({
    "create_index", "create_function", "rewrite_policies", "vacuum", "repack", "alter_role_setting",
    "create_extension", "create_materialized_view", "create_rollup", "create_daily_sums",
    "kept_sums", "partition_table", "split_history",
})  # fmt: skip
"""Files of ``remedies/`` that no finding carries."""

KINDS = (
    INDEX,
    *advisers.names(),
    *(module.name for module in pkgutil.iter_modules(remedies.__path__) if module.name not in _OF_ADVISERS),
)
"""Kinds of treatment: the index adviser's, one for each other adviser, and one a remedy that a finding can carry."""


_NOTHING_PLANNED = WorkloadEffect(cost_before=0.0, cost_after=0.0, planned_by="", statements=0)


def prescribe(
    snapshot: Snapshot,
    *,
    script: WorkloadScript | None = None,
    seen: Iterable[SeenStatement | Omission] | None = None,
    budgets: Sequence[int] = (),
    limits: Limits | None = None,
    aims: Aims | None = None,
    names_rejected: bool = False,
    kinds: Collection[str] = KINDS,
    most_risk: Risk = Risk.HIGH,
    latest: When = When.THIS_MONTH,
) -> Generator[Progress, None, Course]:
    """The plan for the workload of the snapshot, or for a script's when one is given.

    ``kinds`` are those of ``KINDS`` that it may have; with ``index`` alone nothing else is looked at. Indexes are
    planned for the workload as it will be asked once the other cures are followed. Values of statements ``seen`` in
    logs or samples are planned with; they are the workload where there is no other. With several ``budgets``, in
    bytes, the course is that of the largest, and its workload tells the frontier.
    Raises UserError when the script, or all that was seen, uses no table of this database.
    """
    advising = [name for name in advisers.names() if name in kinds]
    workload = yield from _workload(snapshot, script, seen)
    found = (yield from checkup(snapshot)) if set(kinds) - {INDEX} else None
    findings = found.findings if found is not None else ()
    case = Case(snapshot=snapshot, workload=workload, findings=findings, planner_of=Twin)
    others, declined = yield from _advised(case, advising)
    settled = settle(snapshot, others, worth=worth_of(workload), most_risk=most_risk, latest=latest)
    after = asked_after(workload, settled.prescriptions, snapshot)
    # What is mere information is reported and not prescribed: nothing has to be done about it.
    ill = (finding for finding in findings if finding.severity > Severity.INFO)
    curable = [finding for finding in ill if finding.remedy and finding.remedy.kind in kinds]
    advice = Advice((), _NOTHING_PLANNED)
    missed: frozenset[str] = frozenset()
    if INDEX in kinds:
        advice, missed = yield from _indexes(
            snapshot,
            after.workload,
            budgets,
            limits,
            aims,
            names_rejected=names_rejected,
            new=new_queries(after, settled.prescriptions),
            going=[name for finding in curable for name in _dropped(finding)],
        )
    worth = worth_of(workload, after.new, settled.prescriptions)
    items = with_housekeeping(snapshot, (*advice.prescriptions, *settled.prescriptions), curable)
    plan = merge(snapshot, items, worth=worth, most_risk=most_risk, latest=latest, missed=missed)
    is_planned = any(item.gains for item in plan.prescriptions)
    course = Course(
        patient=_patient(snapshot),
        prescriptions=with_watches(snapshot, workload, plan.prescriptions),
        workload=advice.effect,
        tables=_tables(snapshot, plan.prescriptions),
        declined=(*declined, *settled.declined, *plan.declined),
        cost_left=round(worth.left(plan.prescriptions), 6) if is_planned else None,
    )
    return course if found is None else (yield from _graded(course, snapshot, found, worth))


def _graded(course: Course, snapshot: Snapshot, found: Checkup, worth: Worth) -> Generator[Progress, None, Course]:
    """With the points that each prescription gives back, and the grade that all lead to, as estimated."""
    items = course.prescriptions
    then = yield from checkup(foreseen(snapshot, items, worth.ratios(items)))
    grade, points = forecast(found, then, items)
    pointed = tuple(msgspec.structs.replace(item, points=points[item.fingerprint]) for item in items)
    return msgspec.structs.replace(course, prescriptions=pointed, grade=grade)


def _dropped(finding: Finding) -> Iterator[str]:
    """The indexes that its remedy drops, by name."""
    for statement in finding.remedy.do if finding.remedy else ():
        if statement.index is not None and statement.makes is None:
            yield statement.index.name


def _advised(
    case: Case, names: Sequence[str]
) -> Generator[Progress, None, tuple[tuple[Prescription, ...], tuple[Declined, ...]]]:
    """What these advisers prescribe, and what they thought of and refuse."""
    prescriptions: list[Prescription] = []
    declined: list[Declined] = []
    for name in names:
        with death_in_words("The private server that plans"):
            for event in advisers.advise(name, case):
                if isinstance(event, Prescription):
                    prescriptions.append(msgspec.structs.replace(event, adviser=name))
                elif isinstance(event, Declined):
                    declined.append(event)
                else:
                    yield event
    return tuple(prescriptions), tuple(declined)


def _tables(snapshot: Snapshot, prescriptions: Sequence[Prescription]) -> tuple[SeenTable, ...]:
    """The tables that are treated, as they are now: treat compares."""
    treated = {RelationName(item.table.schema, item.table.name) for item in prescriptions if item.table.kind == "table"}
    return tuple(
        SeenTable(
            name=name,
            columns=tuple(f"{column.name} {column.type}" for column in snapshot.columns_of.get(relation.oid, ())),
            rows=max(relation.tuples, 0.0),
            indexes=tuple(sorted(index.name for index in snapshot.indexes_of.get(relation.oid, ()))),
        )
        for name in sorted(treated)
        if (relation := snapshot.relation_by_name.get(name)) is not None
    )


def course_for(snapshot: Snapshot, workload: Workload) -> Generator[Progress, None, Course]:
    """The indexes for this workload and nothing else."""
    advice, _ = yield from _indexes(snapshot, workload, (), None, None, names_rejected=False)
    return Course(patient=_patient(snapshot), prescriptions=advice.prescriptions, workload=advice.effect)


def _workload(
    snapshot: Snapshot, script: WorkloadScript | None, seen: Iterable[SeenStatement | Omission] | None
) -> Generator[Progress, None, Workload]:
    workload = from_statements.workload_of(snapshot) if script is None else _of_script(script, snapshot)
    if seen is not None:
        yield Progress("reading what was seen")
        workload = joined(workload, seen, database=snapshot.server.database)
        if all(_is_strange(each, snapshot) for each in workload.statements):
            raise UserError(
                f"Nothing that was seen uses a table of database {snapshot.server.database}; "
                "is it the log of another one?"
            )
    return workload


def _indexes(
    snapshot: Snapshot,
    workload: Workload,
    budgets: Sequence[int],
    limits: Limits | None,
    aims: Aims | None,
    *,
    names_rejected: bool,
    new: Sequence[WorkloadStatement] = (),
    going: Collection[str] = (),
) -> Generator[Progress, None, tuple[Advice, frozenset[str]]]:
    """The indexes for a workload; and which of the existing ones ``going``, by name, ``new`` queries would miss."""
    limits = limits or Limits()
    limits = msgspec.structs.replace(limits, excluded=limits.excluded | platform_relations(snapshot))
    yield Progress("starting the twin")
    relations = relations_touched(snapshot, workload)
    with death_in_words("The private server that plans"), Twin(snapshot, relations=relations) as twin:
        advice: Advice | None = None
        for event in indexes.advise(
            snapshot, workload, twin, aims=aims, limits=limits, budgets=budgets, names_rejected=names_rejected
        ):
            if isinstance(event, Advice):
                advice = event
            else:
                yield event
        missed = missed_indexes(twin, new, going) if new and going else frozenset[str]()
        twin.demand_alive()
    assert advice is not None
    return advice, missed


def _of_script(script: WorkloadScript, snapshot: Snapshot) -> Workload:
    """The script's workload; what uses no table of this database is left out and said."""
    workload = from_script.workload_of(script)
    known = tuple(statement for statement in workload.statements if not _is_strange(statement, snapshot))
    if workload.statements and not known:
        raise UserError(
            f"No statement of the workload {script.source} uses a table of database {snapshot.server.database}; "
            "is it the workload of another one?"
        )
    strange = (each for each in workload.statements if each not in known)
    omitted = (Omission(each.sql, "it uses no table of this database") for each in strange)
    return msgspec.structs.replace(workload, statements=known, omissions=(*workload.omissions, *omitted))


def _is_strange(statement: WorkloadStatement, snapshot: Snapshot) -> bool:
    try:
        shape = shape_of(statement.sql, resolver_of(snapshot))
    except UnreadableSqlError:
        return False
    return not (shape.uses or shape.changes)


def _patient(snapshot: Snapshot) -> Patient:
    server = snapshot.server
    return Patient(
        database=server.database,
        database_oid=server.database_oid,
        system_identifier=server.system_identifier,
        version_num=server.version_num,
        clock=snapshot.header.clock,
    )
