"""A course of treatment for a terminal: what would be done, why, what it costs, and how good the choice is."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from pgclinic.model.evidence import Unit
from pgclinic.model.prescription import (
    Course,
    FrontierPoint,
    Prescription,
    RejectedIndex,
    Statement,
    StatementGain,
    WorkloadEffect,
)
from pgclinic.report.course_words import (
    best_words,
    budget_words,
    fact_words,
    most_changed,
    next_best_words,
    range_words_of,
    share_words,
    size_words,
)
from pgclinic.report.figures import figure
from pgclinic.report.locks import blocks_words
from pgclinic.report.plan_text import bar
from pgclinic.report.planning_words import factor, planner_words, statement_words
from pgclinic.report.printable import shortened
from pgclinic.report.sentences import sentence
from pgclinic.report.terminal import (
    ACCENT,
    FAIR,
    GOOD,
    POOR,
    QUIET,
    Column,
    hanging,
    heading,
    indented,
    rendered,
    table,
    words,
)
from pgclinic.report.wording import plural

_MOST_GAINS = 5
_MOST_OMISSIONS = 3
_MOST_REJECTED = 20
_LONGEST_OMISSION = 200
_FRONTIER_BAR = 24
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
        (f"   {figure(total, Unit.BYTES)} in all (estimated)" if count else "", QUIET),
    )
    if not count:
        yield indented(words(_nothing(course.workload)))
    yield from _workload(course)
    explained: set[str] = set()
    for number, prescription in enumerate(course.prescriptions, start=1):
        yield Text()
        yield from _prescription(number, prescription, explained)
    if len(course.workload.frontier) > 1:
        yield from _frontier(course.workload.frontier)
    if course.workload.rejected:
        yield from _rejected(course.workload.rejected)
    yield from _omitted(course.workload.omitted)


def _nothing(effect: WorkloadEffect) -> str:
    if not effect.planned_by:
        return _NOTHING_FOUND
    return _NOTHING_CHEAPER if effect.statements else _NO_WORKLOAD


def _workload(course: Course) -> Iterator[RenderableType]:
    effect = course.workload
    if not effect.statements:
        return
    before, after = effect.cost_before, effect.cost_after
    yield indented(
        words(
            f"planner cost {figure(before, Unit.COST)} → ",
            (figure(after, Unit.COST), f"bold {GOOD}" if after < before else ""),
            (f"  {factor(before, after)}", GOOD if after < before else ""),
            f", {plural(effect.statements, 'statement')}",
        )
    )
    if course.prescriptions and effect.frontier and effect.objective == "time":
        share = share_words(effect.frontier[-1].cost)
        yield indented(words(f"weighted by each statement's share of the workload: {share} of now (planned)"))
    if course.prescriptions and (best := best_words(effect)):
        yield indented(words(best))
    yield indented(words((f"planned by {planner_words(effect.planned_by)}", QUIET)))
    if not effect.is_deterministic:
        yield indented(words(("The time limit cut the search short: another run may choose otherwise.", FAIR)))


def _prescription(number: int, prescription: Prescription, explained: set[str]) -> Iterator[RenderableType]:
    """``explained`` are the locks that were explained before; the first of its kind is explained here."""
    first, *more = prescription.do
    yield hanging(words((str(number), QUIET)), words((f"{first.sql};", f"bold {ACCENT}")), 3)
    for statement in more:
        yield indented(words((f"{statement.sql};", ACCENT)), 3)
    yield indented(words(sentence(prescription.reason, prescription.facts)), 3)
    locks = [_lock(statement, explained) for statement in prescription.do if statement.lock][:1]
    yield indented(words((" · ".join(size_words(prescription) + locks), QUIET)), 3)
    if prescription.facts:
        yield indented(words((" · ".join(map(fact_words, prescription.facts)), QUIET)), 3)
    yield from _changes("helps", prescription.gains)
    yield from _changes("hurts", prescription.losses)
    if prescription.replaces:
        yield indented(words(f"It does all that {' and '.join(prescription.replaces)} does."), 3)
    if prescription.next_best is not None:
        yield indented(words((next_best_words(prescription.next_best), QUIET)), 3)


def _lock(statement: Statement, explained: set[str]) -> str:
    """The lock by its name, and the first time with what it blocks."""
    name = f"lock {statement.lock.lower()}"
    if statement.lock in explained:
        return name
    explained.add(statement.lock)
    return f"{name}, blocks {blocks_words(statement)}"


def _changes(title: str, gains: Sequence[StatementGain]) -> Iterator[RenderableType]:
    if not gains:
        return
    rows = []
    for gain in most_changed(gains)[:_MOST_GAINS]:
        style = GOOD if gain.cost_after < gain.cost_before else POOR
        name = words(statement_words(gain.name, gain.fingerprint, gain.sql))
        if ranges := range_words_of(gain):
            name = Text("\n").join([name, words((ranges, QUIET))])
        rows.append(
            (
                name,
                words(figure(gain.cost_before, Unit.COST)),
                words((figure(gain.cost_after, Unit.COST), "bold")),
                words((factor(gain.cost_before, gain.cost_after), style)),
            )
        )
    columns = (Column(title, is_figure=False), Column("cost before"), Column("after"), Column("planned"))
    yield indented(table(columns, rows), 3)
    if len(gains) > _MOST_GAINS:
        yield indented(words((f"and {plural(len(gains) - _MOST_GAINS, 'statement')} more, in the JSON", QUIET)), 3)


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
