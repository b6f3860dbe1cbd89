"""Where time and space go, for a terminal: the largest with a bar each."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from pgclinic.model.evidence import Unit
from pgclinic.model.overview import Overview
from pgclinic.report.figures import figure
from pgclinic.report.language import Language
from pgclinic.report.plan_text import bar
from pgclinic.report.printable import shortened
from pgclinic.report.terminal import ACCENT, QUIET, Column, heading, indented, table, words

_MOST = 5
_BAR = 10
_LONGEST = 44


def overview(seen: Overview, language: Language) -> Iterator[RenderableType]:
    """Three lists of five at most: statements and tables by time, tables by size; nothing of what was not seen."""
    if seen.statements and seen.total_ms > 0:
        yield heading(language.say("Where the time goes"), language.say("by statement, measured"))
        yield _bars(
            [(each.text, each.total_ms, Unit.MILLISECONDS) for each in seen.statements], seen.total_ms, language
        )
    total = sum(each.total_ms for each in seen.times) + seen.other_times_ms
    if seen.times and total > 0:
        yield heading(language.say("Where the time goes"), language.say("by table, estimated"))
        yield _bars([(str(each.table), each.total_ms, Unit.MILLISECONDS) for each in seen.times], total, language)
    space = sum(each.total_bytes for each in seen.sizes) + seen.other_sizes_bytes
    if seen.sizes and space > 0:
        yield heading(language.say("Where the space goes"), language.say("with indexes and TOAST, measured"))
        yield _bars([(str(each.table), each.total_bytes, Unit.BYTES) for each in seen.sizes], space, language)


def _bars(parts: Sequence[tuple[str, float, Unit]], total: float, language: Language) -> RenderableType:
    rows = [
        (
            words(shortened(name, _LONGEST)),
            words((figure(value / total, Unit.RATIO, language), "bold")),
            words((bar(value / total, _BAR), ACCENT)),
            words((figure(value, unit, language), QUIET)),
        )
        for name, value, unit in parts[:_MOST]
    ]
    columns = (Column("", is_figure=False), Column(""), Column("", is_figure=False), Column(""))
    return indented(table(columns, rows))
