"""A course of treatment as two SQL files, there and back, for teams that apply migrations with their own tools."""

import textwrap
from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.prescription import Course, Prescription, Statement
from pgclinic.report.application_words import code_lines, mapping_words, original_words, risk_words
from pgclinic.report.course_words import size_words
from pgclinic.report.figures import fact_figure, figure
from pgclinic.report.locks import blocks_words
from pgclinic.report.migration_steps import LONG_WAIT, SHORT_WAIT, Way, in_batches, parts_of
from pgclinic.report.planning_words import planner_words
from pgclinic.report.printable import printable, shortened
from pgclinic.report.sentences import sentence

_WIDTH = 110
_LONGEST_STATEMENT = 300


def up(course: Course) -> str:
    """The migration that applies the course."""
    parts = [_header(course, "Apply the treatment"), *(_item(item) for item in course.prescriptions)]
    return "\n".join(parts)


def down(course: Course) -> str:
    """The migration that takes the course back, last item first."""
    parts = [_header(course, "Take the treatment back"), *(_way_back(item) for item in reversed(course.prescriptions))]
    return "\n".join(parts)


def _header(course: Course, title: str) -> str:
    patient, effect = course.patient, course.workload
    before, after = figure(effect.cost_before, Unit.COST), figure(effect.cost_after, Unit.COST)
    lines = [
        f"{title}: database {patient.database}, as seen at {patient.clock}.",
        *(
            (
                f"Planned cost of {effect.statements} statements: {before} before, {after} after.",
                f"Planned by {planner_words(effect.planned_by)}.",
            )
            if effect.planned_by
            else ()
        ),
        "",
        "Run it outside a transaction, one statement after the other, on a direct connection (no transaction pooler):",
        "    psql -X -v ON_ERROR_STOP=1 -f THIS_FILE    (not with -1, not with --single-transaction)",
        "PostgreSQL refuses CONCURRENTLY inside a transaction. When a concurrent build ends with an error it leaves an",
        "invalid index of that name: drop it with DROP INDEX CONCURRENTLY before running the statement again.",
    ]
    return _comment(*lines) + "\nset statement_timeout = 0;\n"


def _item(item: Prescription) -> str:
    lines = [f"{_about(item)} ({item.when}, {risk_words(item)})", sentence(item.reason, item.facts)]
    lines += [_figure(fact) for fact in item.facts]
    lines += [f"size: {each}" for each in size_words(item)]
    lines += [
        f"planned {word}: cost {figure(gain.cost_before, Unit.COST)} -> {figure(gain.cost_after, Unit.COST)} for "
        f"{shortened(gain.sql, _LONGEST_STATEMENT)}"
        for word, gains in (("gain", item.gains), ("loss", item.losses))
        for gain in gains
    ]
    if item.replaces:
        lines.append(f"it does all that {' and '.join(item.replaces)} does")
    lines += _in_application(item)
    if item.is_elsewhere:
        return _comment(*lines, "nothing is run in the database for it") + "\n"
    return "\n".join([_comment(*lines), *_statements(item.do)])


def _in_application(item: Prescription) -> Iterator[str]:
    if item.application is not None:
        yield f"in your application: {item.application.summary}"
    for mapping in item.mappings:
        yield f"instead of {original_words(item, mapping, _LONGEST_STATEMENT)}"
        for replacement in mapping.replacements:
            yield "ask"
            yield from (f"    {line}" for line in code_lines(replacement.sql))
        yield mapping_words(mapping)


def _way_back(item: Prescription) -> str:
    title = _comment(f"back from {_about(item)}")
    if item.is_elsewhere:
        return f"{title}\n{_comment('it is in the application: go back there')}\n"
    if not item.undo:
        return "\n".join([title, _comment("nothing to give back"), ""])
    return "\n".join([title, *_statements(item.undo)])


def _about(item: Prescription) -> str:
    on = "" if item.table == item.object else f" on {item.table}"
    return f"{item.kind}: {item.object}{on}"


def _statements(statements: tuple[Statement, ...]) -> Iterator[str]:
    for part in parts_of(statements):
        is_whole = part.way is Way.TOGETHER and len(part.statements) > 1
        if is_whole:
            yield f"{_comment('all of it or nothing: nobody sees a part of it')}\nbegin;\n"
        for statement in part.statements:
            yield from _statement(statement)
        if is_whole:
            yield "commit;\n"


def _statement(statement: Statement) -> Iterator[str]:
    if statement.lock:
        yield _comment(f"lock: {statement.lock}; blocks {blocks_words(statement)}")
    if not statement.in_transaction:
        yield _comment("not in a transaction; it waits for transactions that are older than itself")
    if statement.repeats:
        yield _comment("not in a transaction; again and again until it finds no more rows, committed each time")
    yield f"set lock_timeout = '{SHORT_WAIT if statement.in_transaction else LONG_WAIT}';"
    yield f"{in_batches(statement.sql) if statement.repeats else statement.sql};\n"


def _comment(*lines: str) -> str:
    """SQL comment lines; whatever a text holds, it stays inside them."""
    wrapped: list[str] = []
    for line in lines:
        indent = line[: len(line) - len(line.lstrip(" "))]
        wrapped += textwrap.wrap(
            printable(line),
            _WIDTH,
            initial_indent=indent,
            subsequent_indent=indent or "  ",
            break_on_hyphens=False,
        ) or [""]
    return "\n".join(f"-- {line}".rstrip() for line in wrapped)


def _figure(fact: Fact) -> str:
    label = "" if fact.provenance is Provenance.MEASURED else f" ({fact.provenance})"
    return f"{fact.name}: {fact_figure(fact)}{label}"
