"""A course of treatment for a terminal: what would be done, why, what it costs, and how good the choice is."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from pgclinic.model.evidence import Unit
from pgclinic.model.prescription import (
    Course,
    Declined,
    FrontierPoint,
    RejectedIndex,
    Risk,
    WorkloadEffect,
)
from pgclinic.report.application_words import (
    bare_points,
    grade_words,
    groups,
    saves_words,
    total_words,
    what_words,
    when_words,
)
from pgclinic.report.course_words import (
    best_words,
    budget_words,
    fact_words,
    share_words,
)
from pgclinic.report.figures import figure
from pgclinic.report.plan_text import bar
from pgclinic.report.planning_words import factor, planner_words
from pgclinic.report.prescription_text import prescription_parts
from pgclinic.report.printable import shortened
from pgclinic.report.sentences import sentence
from pgclinic.report.terminal import (
    ACCENT,
    FAIR,
    GOOD,
    POOR,
    QUIET,
    Column,
    heading,
    indented,
    rendered,
    table,
    words,
)
from pgclinic.report.wording import object_words, plural

_MOST_OMISSIONS = 3
_MOST_REJECTED = 20
_LONGEST_OMISSION = 200
_FRONTIER_BAR = 24
_LONGEST_TITLE = 90
_RISKS = {Risk.LOW: QUIET, Risk.MEDIUM: FAIR, Risk.HIGH: POOR}
_NOTHING_CHEAPER = "Nothing was found that would make this workload cheaper; nothing is prescribed."
_NOTHING_FOUND = "Nothing was found that such a treatment would cure; nothing is prescribed."
_NO_WORKLOAD = (
    "There is no workload to plan for: pg_stat_statements is not there or holds no statement that can be planned. "
    "Create the extension and let the application run for a while, or give its statements with --workload."
)


def text(course: Course, *, width: int = 80, color: bool = False) -> str:
    """The workload as a whole, every prescription with its evidence, the frontier, and what was left out."""
    return rendered(list(_parts(course)), width=width, color=color)


def _parts(course: Course) -> Iterator[RenderableType]:
    count = len(course.prescriptions)
    total = sum(prescription.size_bytes for prescription in course.prescriptions)
    yield words(
        (plural(count, "prescription"), "bold"),
        (f"   {course.patient.database}", ""),
        (f"   {figure(total, Unit.BYTES)} in all (estimated)" if total else "", QUIET),
    )
    if count:
        yield indented(words(" · ".join(f"{len(members)} {when}" for when, _, members in groups(course.prescriptions))))
    if not count:
        yield indented(words(_nothing(course.workload)))
    yield from _whole(course)
    yield from _workload(course)
    if len(course.prescriptions) > 1:
        yield from _overview(course)
    explained: set[str] = set()
    numbers = {item.fingerprint: number for number, item in enumerate(course.prescriptions, start=1)}
    for when, meaning, members in groups(course.prescriptions):
        yield heading(when_words(when), meaning)
        for number, prescription in members:
            yield Text()
            yield from prescription_parts(number, prescription, explained, numbers)
    if course.declined:
        yield from _declined(course.declined)
    if len(course.workload.frontier) > 1:
        yield from _frontier(course.workload.frontier)
    if course.workload.rejected:
        yield from _rejected(course.workload.rejected)
    yield from _omitted(course.workload.omitted)


def _nothing(effect: WorkloadEffect) -> str:
    if not effect.planned_by:
        return _NOTHING_FOUND
    return _NOTHING_CHEAPER if effect.statements else _NO_WORKLOAD


def _overview(course: Course) -> Iterator[RenderableType]:
    """All of the plan at a glance."""
    yield heading("Plan", "saves: of the workload's cost (planned); points: of the grade (estimated)")
    rows = [
        (
            words((str(number), QUIET)),
            words(when.value if place == 0 else ""),
            words(shortened(what_words(item), _LONGEST_TITLE)),
            words((saves_words(item), GOOD)),
            words(bare_points(item)),
            words((item.risk.name.lower(), _RISKS[item.risk])),
        )
        for when, _, members in groups(course.prescriptions)
        for place, (number, item) in enumerate(members)
    ]
    columns = (
        Column(""),
        Column("", is_figure=False),
        Column("", is_figure=False),
        Column("saves"),
        Column("points"),
        Column("risk", is_figure=False),
    )
    yield indented(table(columns, rows))


def _whole(course: Course) -> Iterator[RenderableType]:
    """What all of it together is for."""
    if total := total_words(course):
        yield indented(words((total, f"bold {GOOD}"), ("  (planned; each statement by its best cure)", QUIET)))
    if course.grade is not None and course.prescriptions:
        yield indented(words(grade_words(course.grade)))


def _workload(course: Course) -> Iterator[RenderableType]:
    effect = course.workload
    if not effect.statements:
        return
    before, after = effect.cost_before, effect.cost_after
    yield indented(
        words(
            f"{_asked(course)}planner cost {figure(before, Unit.COST)} → ",
            (figure(after, Unit.COST), f"bold {GOOD}" if after < before else ""),
            (f"  {factor(before, after)}", GOOD if after < before else ""),
            f", {plural(effect.statements, 'statement')}",
        )
    )
    if course.cost_left is None and course.prescriptions and effect.frontier and effect.objective == "time":
        share = share_words(effect.frontier[-1].cost)
        yield indented(words(f"weighted by each statement's share of the workload: {share} of now (planned)"))
    if course.prescriptions and (best := best_words(effect)):
        yield indented(words(best))
    yield indented(words((f"planned by {planner_words(effect.planned_by)}", QUIET)))
    if not effect.is_deterministic:
        yield indented(words(("The time limit cut the search short: another run may choose otherwise.", FAIR)))


def _frontier(points: Sequence[FrontierPoint]) -> Iterator[RenderableType]:
    yield heading("Frontier", "the workload's cost by what may be spent, now being 100 % (planned)")
    rows = [
        (
            words(budget_words(point)),
            words(figure(point.size_bytes, Unit.BYTES)),
            words(f"{len(point.indexes):,}"),
            words((share_words(point.cost), "bold")),
            words((share_words(point.lower_bound), QUIET)),
            words((bar(point.cost, _FRONTIER_BAR), ACCENT)),
        )
        for point in points
    ]
    columns = (
        Column("budget"),
        Column("used"),
        Column("indexes"),
        Column("cost"),
        Column("not below"),
        Column("", is_figure=False),
    )
    yield indented(table(columns, rows))
    yield indented(words(("not below: what no choice of these candidates can beat, by this planner", QUIET)))


def _asked(course: Course) -> str:
    """Which statements the indexes were planned for."""
    is_changed = any(item.mappings for item in course.prescriptions)
    return "indexes, for the statements as they will be asked: " if is_changed else ""


def _declined(declined: Sequence[Declined]) -> Iterator[RenderableType]:
    yield heading("Considered and refused", plural(len(declined), "cure"))
    for each in declined:
        yield indented(words((object_words(each.object), "bold"), (f"  {each.adviser.replace('_', ' ')}", QUIET)))
        yield indented(words(sentence(each.reason, each.facts)), 4)
        if each.facts:
            yield indented(words((" · ".join(map(fact_words, each.facts)), QUIET)), 4)


def _rejected(rejected: Sequence[RejectedIndex]) -> Iterator[RenderableType]:
    yield heading("Not chosen", f"{plural(len(rejected), 'candidate')}, those that came nearest first")
    for each in rejected[:_MOST_REJECTED]:
        size = f"   {figure(each.size_bytes, Unit.BYTES)}" if each.size_bytes else ""
        yield indented(words(each.sql, (size, QUIET)))
        yield indented(words((each.reason, QUIET)), 4)
    if len(rejected) > _MOST_REJECTED:
        yield indented(words((f"and {len(rejected) - _MOST_REJECTED:,} more, in the JSON", QUIET)))


def _omitted(omitted: Sequence[str]) -> Iterator[RenderableType]:
    if not omitted:
        return
    yield heading("Left out")
    for reason in omitted[:_MOST_OMISSIONS]:
        yield indented(words((shortened(reason, _LONGEST_OMISSION), QUIET)))
    rest = len(omitted) - _MOST_OMISSIONS
    if rest > 0:
        yield indented(words((f"and {rest:,} more, in the JSON", QUIET)))
