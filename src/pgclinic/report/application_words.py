"""How a plan and its changes to the application are worded, in the terminal and on the page alike."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from pgclinic.model.evidence import Unit
from pgclinic.model.prescription import Course, GradeForecast, Prescription, StatementMapping, When
from pgclinic.report.course_words import share_words
from pgclinic.report.figures import figure
from pgclinic.report.planning_words import statement_words
from pgclinic.report.printable import printable

_MEANT_BY = {
    When.NOW: "SQL alone, nothing heavier than a lock of an instant",
    When.THIS_WEEK: "it changes the application, or what its users may see: review it",
    When.THIS_MONTH: "a project: data is moved, or a part is put beside the database",
}
_BY_HASH = "hash"
_NEARLY_ALL = 0.9999
_LEAST_POINTS = 0.05
_LEAST_SAVED = 0.0005


def groups(prescriptions: Sequence[Prescription]) -> Iterator[tuple[When, str, list[tuple[int, Prescription]]]]:
    """The prescriptions by how soon, with their numbers in the plan: when, what that means, and which."""
    numbered = enumerate(prescriptions, start=1)
    for when, members in groupby(numbered, key=lambda pair: pair[1].when):
        yield when, _MEANT_BY[when], list(members)


def when_words(when: When) -> str:
    """How soon, as a title."""
    return when.value.capitalize()


def times_words(course: Course) -> str:
    """How many times cheaper the workload becomes; empty where nothing was planned, or nothing would change."""
    left = course.cost_left
    if left is None or not course.prescriptions or left >= _NEARLY_ALL:
        return ""
    return f"{figure(1 / left, Unit.TIMES)} cheaper" if left > 0 else "as good as nothing"


def total_words(course: Course) -> str:
    """What the whole plan does for the workload; empty as ``times_words`` is."""
    times = times_words(course)
    if not times or course.cost_left is None:
        return ""
    return f"all of it together: the workload at {share_words(course.cost_left)} of its planned cost, {times}"


def grade_words(grade: GradeForecast) -> str:
    """The grade now and afterwards."""
    return (
        f"grade {grade.letter_before} ({grade.score_before:.0f}) → {grade.letter_after} ({grade.score_after:.0f}), "
        f"confidence {grade.confidence} (estimated)"
    )


def what_words(item: Prescription) -> str:
    """What is done, in a few words: the kind and the object."""
    kind = printable(item.kind.replace("_", " "))
    # The name of an index is its own in the schema; that of a policy or a trigger is its table's.
    parent = "" if item.object.kind == "index" else item.object.parent
    name = printable(f"{parent}.{item.object.name}" if parent else item.object.name)
    if item.object.kind == "statement":
        return f"{kind} on {printable(item.table.name)}" if item.table.kind == "table" else f"{kind} of {name}"
    return f"{kind} {name}" if item.object.kind in kind else f"{kind}: {printable(item.object.kind)} {name}"


def saves_words(item: Prescription) -> str:
    """The part of the workload's cost that it saves; empty where that is nothing worth a figure."""
    return figure(item.saves, Unit.RATIO) if abs(item.saves) >= _LEAST_SAVED else ""


def bare_points(item: Prescription) -> str:
    """What the grade gains by it alone, for a column; empty where that is nothing."""
    return f"+{item.points:.1f}" if item.points >= _LEAST_POINTS else ""


def risk_words(item: Prescription) -> str:
    """What can go wrong, in one word."""
    return f"risk {item.risk.name.lower()}"


def points_words(item: Prescription) -> str:
    """What the grade gains by it alone; empty where that is nothing."""
    return f"{bare_points(item)} points (estimated)" if bare_points(item) else ""


def requires_words(item: Prescription, numbers: Mapping[str, int]) -> str:
    """What comes before it, by the numbers in the plan; empty where nothing has to."""
    found = sorted(numbers[mark] for mark in item.requires if mark in numbers)
    return f"after {' and '.join(map(str, found))}" if found else ""


def where_words(item: Prescription) -> str:
    """What a prescription without SQL is about."""
    return f"in your application: {printable(item.kind.replace('_', ' '))} of {printable(str(item.object))}"


def original_words(item: Prescription, mapping: StatementMapping, longest: int = 300) -> str:
    """The statement that is replaced, which the gains know by its text; its fingerprint where they do not."""
    for gain in item.gains:
        if gain.fingerprint == mapping.original:
            return statement_words("", "", gain.sql, longest)
    return f"statement {printable(mapping.original)}"


def code_lines(code: str) -> list[str]:
    """SQL or code, line by line, with its indentation."""
    return printable(code, lines=True).split("\n")


def mapping_words(mapping: StatementMapping) -> str:
    """How many calls one run stands for, and how it is known that the rows are the same."""
    calls = f"one run for up to {mapping.calls:,} calls; " if mapping.calls > 1 else ""
    rows = "prove compares the rows" if mapping.equal_results == _BY_HASH else printable(mapping.equal_results)
    return f"{calls}{rows}"
