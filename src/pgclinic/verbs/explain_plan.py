"""Read an EXPLAIN aloud; with a target, what an index could do is checked on the twin."""

from collections.abc import Generator, Sequence

import msgspec

from pgclinic.model.errors import UserError
from pgclinic.model.plan import Explained
from pgclinic.model.plan_reading import PlanReading
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import SeenStatement, Workload, WorkloadScript, WorkloadStatement
from pgclinic.plans.reader import read
from pgclinic.plans.readings import readings_of
from pgclinic.plans.view import PlanView
from pgclinic.sql import statements
from pgclinic.verbs.prescribe import course_for
from pgclinic.workload.logs.plans import is_log, plans_in
from pgclinic.workload.seen import joined

_SOURCE = "the statement of the plan"


class _Found(msgspec.Struct, frozen=True):
    """One plan of the text, and the statement it is of where a log told it."""

    explained: Explained
    seen: SeenStatement | None = None


def explain_plan(
    text: str, *, number: int | None = None, snapshot: Snapshot | None = None, query: WorkloadScript | None = None
) -> Generator[Progress, None, PlanReading]:
    """Read the plan of the text; of several the slowest, or the one of this ``number``.

    With a ``snapshot``, indexes for the statement (the ``query``, or what auto_explain told) are planned on the twin.
    Raises UserError for a text without a plan, and for a target without a statement.
    """
    found = _plans(text)
    chosen = _chosen(found, number)
    explained, seen = found[chosen].explained, found[chosen].seen
    asked = _asked(query, seen)
    if snapshot is not None and asked is None:
        raise UserError("The plan does not tell its statement; give it with --query, so that the twin can plan it.")
    view = PlanView(explained)
    readings = readings_of(view)
    course = None
    if snapshot is not None and asked is not None:
        course = yield from course_for(snapshot, _workload(asked, snapshot))
        if not course.workload.statements:
            reason = course.workload.omitted[0] if course.workload.omitted else "it uses no table of it"
            raise UserError(f"The statement cannot be planned for database {snapshot.server.database}: {reason}.")
    else:
        yield Progress("reading the plan")
    return PlanReading(
        explained=explained,
        steps=view.steps,
        readings=readings,
        total_ms=view.total_ms,
        outside_ms=view.outside_ms,
        statement=asked.sql if asked else explained.sql,
        course=course,
        number=chosen + 1,
        plans=len(found),
    )


def _plans(text: str) -> tuple[_Found, ...]:
    if not is_log(text):
        return tuple(_Found(each) for each in read(text))
    return tuple(
        _Found(_timed(each, logged.ms), logged.seen) for logged in plans_in(text) for each in read(logged.text)
    )


def _timed(explained: Explained, ms: float) -> Explained:
    """With the duration that the log gives, where the plan was executed with timing on."""
    if explained.execution_ms is not None or explained.root.run is None or explained.root.run.total_ms is None:
        return explained
    return msgspec.structs.replace(explained, execution_ms=ms)


def _chosen(found: Sequence[_Found], number: int | None) -> int:
    if number is not None:
        if not 1 <= number <= len(found):
            raise UserError(f"There is no plan number {number}: the text holds {len(found)}.")
        return number - 1
    return max(range(len(found)), key=lambda each: (*_weight(found[each].explained), -each))


def _weight(explained: Explained) -> tuple[float, float]:
    """What a plan took, or what it was expected to."""
    run = explained.root.run
    return explained.execution_ms or (run.total_ms if run else None) or 0.0, explained.root.total_cost


def _asked(query: WorkloadScript | None, seen: SeenStatement | None) -> SeenStatement | None:
    if query is None:
        return seen
    steps = [step for task in query.tasks for step in task.steps]
    if len(steps) != 1:
        raise UserError(f"The query has {len(steps)} statements; a plan is of one.")
    return SeenStatement(sql=steps[0].sql)


def _workload(asked: SeenStatement, snapshot: Snapshot) -> Workload:
    """The one statement, with its values where they are known apart from it."""
    try:
        fingerprint = statements.fingerprint(asked.sql)
    except statements.UnreadableSqlError as error:
        raise UserError(f"The statement cannot be read as SQL: {error}.") from error
    if asked.values is not None:
        empty = Workload(statements=(), source=_SOURCE)
        return joined(empty, [asked], database=asked.database or snapshot.server.database, source=_SOURCE)
    role = asked.role if any(each.name == asked.role for each in snapshot.roles) else ""
    statement = WorkloadStatement(fingerprint=fingerprint, name="the statement", sql=asked.sql, role=role)
    return Workload(statements=(statement,), source=_SOURCE)
