"""The demo's result for a terminal: the table of before and after."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from pgclinic.model.checkup import Grade
from pgclinic.model.demonstration import Demonstration, Goal
from pgclinic.model.evidence import Unit
from pgclinic.report.figures import figure
from pgclinic.report.ledger_text import calibration_words
from pgclinic.report.proof_words import conclusion, method
from pgclinic.report.run_text import comparison_rows, median_rows
from pgclinic.report.terminal import GOOD, POOR, QUIET, Column, heading, indented, rendered, score_style, table, words
from pgclinic.report.wording import counts, plural


def text(result: Demonstration, *, width: int = 80, color: bool = False) -> str:
    """Grades, goals, every statement's percentiles, what was done and what is left."""
    return rendered(list(_parts(result)), width=width, color=color)


def _parts(result: Demonstration) -> Iterator[RenderableType]:
    before, after = result.before, result.after
    yield words(
        ("Grade  ", "bold"),
        _grade(before.grade),
        ("  →  ", QUIET),
        _grade(after.grade),
        (f"    scale {result.scale}, seed {result.seed}, PostgreSQL {before.server.version}", QUIET),
        (f", {figure(result.seconds, Unit.SECONDS)}", QUIET),
    )
    yield heading("Goals", "measured in this run; each must beat its ratio")
    columns = (Column("", is_figure=False), Column("before"), Column("after"), Column(""), Column("goal"), Column(""))
    yield indented(table(columns, [_goal(goal) for goal in result.goals]))
    yield heading("Proof")
    yield indented(words(conclusion(result.proof)))
    yield indented(words((method(result.proof), QUIET)))
    yield heading("Statements", "medians in ms; times faster with its 95 % interval; pages touched by one call")
    yield indented(median_rows(result.proof.statements))
    yield heading("Percentiles", "milliseconds before and after; empty where samples are too few")
    yield indented(comparison_rows(result.proof.statements))
    if result.proof.tasks:
        yield heading("Tasks", "all statements of one user action, milliseconds")
        yield indented(comparison_rows(result.proof.tasks))
    different = [comparison.name for comparison in result.proof.statements if comparison.equal_results is False]
    for name in different:
        yield words(("results differ: ", f"bold {POOR}"), name)
    for each in result.ledger.calibrations:
        yield heading("Planned against measured", each.kind.replace("_", " "))
        yield indented(words(calibration_words(each)))
    total = sum(prescription.size_bytes for prescription in result.course.prescriptions)
    yield heading("Treatment", f"{plural(len(result.course.prescriptions), 'prescription')}, {_size(total)}")
    for entry in result.treatment.entries:
        yield indented(words((f"{entry.state.value}  ", QUIET), str(entry.prescription.object)))
    yield heading("Findings", f"before: {counts(before.findings)}; after: {counts(after.findings)}")
    for note in result.notes:
        yield Text()
        yield words((note, QUIET))


def _size(total: int) -> str:
    return f"{figure(total, Unit.BYTES)} (estimated)"


def _grade(grade: Grade) -> tuple[str, str]:
    return f"{grade.letter} {grade.score:.0f}", f"bold {score_style(grade.score)}"


def _goal(goal: Goal) -> tuple[Text, ...]:
    verdict = {True: ("reached", GOOD), False: ("not yet", POOR), None: ("not measured", QUIET)}[goal.is_met]
    return (
        words(goal.name),
        words((figure(goal.before, goal.unit), QUIET)),
        words((figure(goal.after, goal.unit), "bold")),
        words(figure(goal.times, Unit.TIMES) if goal.times is not None else ""),
        words((goal.goal, QUIET)),
        words(verdict),
    )
