"""One prescription for a terminal: what is run, what the application asks instead, why, and what it does."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.text import Text

from pgclinic.model.evidence import Unit
from pgclinic.model.prescription import ApplicationChange, Prescription, Statement, StatementGain, StatementMapping
from pgclinic.report.application_words import (
    code_lines,
    mapping_words,
    original_words,
    points_words,
    requires_words,
    risk_words,
    where_words,
)
from pgclinic.report.course_words import (
    fact_words,
    most_changed,
    next_best_words,
    range_words_of,
    size_words,
)
from pgclinic.report.figures import figure
from pgclinic.report.locks import blocks_words
from pgclinic.report.planning_words import factor, statement_words
from pgclinic.report.printable import printable
from pgclinic.report.sentences import sentence
from pgclinic.report.terminal import ACCENT, GOOD, POOR, QUIET, Column, hanging, indented, table, words
from pgclinic.report.wording import plural

_MOST_GAINS = 5
_MOST_LINES = 12
_INDENT = 3


def prescription_parts(
    number: int, item: Prescription, explained: set[str], numbers: Mapping[str, int]
) -> Iterator[RenderableType]:
    """``explained`` are the locks that were explained before; the first of its kind is explained here.

    ``numbers`` are the places of all prescriptions in the plan, by fingerprint.
    """
    title = code(_cut(item.do[0].sql), f"bold {ACCENT}") if item.do else words((where_words(item), "bold"))
    yield hanging(words((str(number), QUIET)), title, _INDENT)
    for statement in item.do[1:]:
        yield indented(code(_cut(statement.sql), ACCENT), _INDENT)
    yield indented(words(sentence(item.reason, item.facts)), _INDENT)
    locks = [_lock(statement, explained) for statement in item.do if statement.lock][:1]
    marks = [*size_words(item), *locks, risk_words(item), requires_words(item, numbers), points_words(item)]
    yield indented(words((" · ".join(filter(None, marks)), QUIET)), _INDENT)
    if item.facts:
        yield indented(words((" · ".join(map(fact_words, item.facts)), QUIET)), _INDENT)
    yield from _changes("helps", item.gains)
    yield from _changes("hurts", item.losses)
    if item.replaces:
        yield indented(words(f"It does all that {' and '.join(item.replaces)} does."), _INDENT)
    if item.next_best is not None:
        yield indented(words((next_best_words(item.next_best), QUIET)), _INDENT)
    for mapping in item.mappings:
        yield from _mapping(item, mapping)
    if item.application is not None:
        yield from _application(item.application)


def _mapping(item: Prescription, mapping: StatementMapping) -> Iterator[RenderableType]:
    yield indented(words(("instead of  ", QUIET), original_words(item, mapping)), _INDENT)
    for replacement in mapping.replacements:
        yield indented(words(("ask", QUIET)), _INDENT)
        yield indented(code(_lines(replacement.sql), ACCENT), _INDENT + 2)
    yield indented(words((mapping_words(mapping), QUIET)), _INDENT)


def _application(change: ApplicationChange) -> Iterator[RenderableType]:
    yield indented(words(("in your application: ", "bold"), change.summary), _INDENT)
    if not change.examples:
        return
    first, *others = change.examples
    yield indented(words((printable(first.stack), QUIET)), _INDENT)
    yield indented(code(code_lines(first.code)), _INDENT + 2)
    if others:
        stacks = ", ".join(printable(other.stack) for other in others)
        yield indented(words((f"for {stacks}: on the page and in the JSON", QUIET)), _INDENT)


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
    yield indented(table(columns, rows), _INDENT)
    if len(gains) > _MOST_GAINS:
        yield indented(
            words((f"and {plural(len(gains) - _MOST_GAINS, 'statement')} more, in the JSON", QUIET)), _INDENT
        )


def code(lines: Sequence[str], style: str = "") -> Text:
    """Lines as they are, with their indentation."""
    return Text("\n").join(words((line, style)) for line in lines)


def _lines(sql: str) -> list[str]:
    return code_lines(f"{sql};")


def _cut(sql: str) -> list[str]:
    """The beginning of a long statement: the whole of it is in the other formats."""
    lines = _lines(sql)
    if len(lines) <= _MOST_LINES:
        return lines
    return [*lines[: _MOST_LINES - 1], f"-- and {len(lines) - _MOST_LINES + 1} lines more, with -o and in --format sql"]
