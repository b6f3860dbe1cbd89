"""A rehearsal for a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from pgclinic.model.evidence import Unit
from pgclinic.model.ledger import Ledger
from pgclinic.model.rehearsal import MadeTable, Rehearsal, RehearsedItem
from pgclinic.model.treatment import State
from pgclinic.report.figures import figure
from pgclinic.report.ledger_text import entry_rows
from pgclinic.report.proof_words import conclusion, method
from pgclinic.report.rehearsal_words import DISCLAIMER, WITHOUT_VALUES, made_words
from pgclinic.report.run_text import comparison_rows, median_rows
from pgclinic.report.terminal import FAIR, GOOD, POOR, QUIET, Column, heading, indented, rendered, table, words

_MOST = 12
"""Tables and omissions that are shown; the JSON has all."""

_ITEMS = (Column("", is_figure=False), Column("", is_figure=False), Column("rehearsed"), Column("full size"))
_TABLES = (Column("", is_figure=False), Column("rows"), Column("of"))
_STYLES = {State.DONE.value: GOOD, State.FAILED.value: POOR}


def text(rehearsal: Rehearsal, *, width: int = 80, color: bool = False) -> str:
    """What was made, how the treatment went, and each statement before and after."""
    return rendered(list(_parts(rehearsal)), width=width, color=color)


def _parts(rehearsal: Rehearsal) -> Iterator[RenderableType]:
    made = rehearsal.made
    yield words(("Rehearsed on synthetic rows", "bold"), (f"   {figure(rehearsal.seconds, Unit.SECONDS)}", QUIET))
    yield words((made_words(made), QUIET))
    yield words(DISCLAIMER)
    if not made.has_values:
        yield words((WITHOUT_VALUES, FAIR))
    yield heading("Mannequin", f"{figure(made.bytes, Unit.BYTES)}, made in {figure(made.seconds, Unit.SECONDS)}")
    yield indented(table(_TABLES, [_table(each) for each in made.tables[:_MOST]]))
    if more := len(made.tables) - _MOST:
        yield from [indented(words((f"and {more} more tables", QUIET)))] if more > 0 else []
    yield from _listed("Could not be made as it is", made.omissions)
    yield from _listed("Otherwise than at the source", made.notes)
    yield heading("Treatment", "time taken there, and estimated for all of the rows")
    if not rehearsal.items:
        yield indented(words("Nothing was prescribed."))
    else:
        yield indented(table(_ITEMS, [_item(each) for each in rehearsal.items]))
    yield heading("What it does", "rehearsed: untreated and treated copy measured in turns")
    yield words(conclusion(rehearsal.proof))
    yield words((method(rehearsal.proof), QUIET))
    yield heading("Statements", "medians; times faster with its 95 % interval; pages touched by one call")
    yield indented(median_rows(rehearsal.proof.statements))
    yield heading("Statements", "percentiles")
    yield indented(comparison_rows(rehearsal.proof.statements))
    for comparison in rehearsal.proof.statements:
        if comparison.equal_results is False:
            yield words(("results differ: ", f"bold {POOR}"), comparison.name)
    if rehearsal.gains:
        yield heading("Planned against rehearsed", "times faster, by planner cost and by median time there")
        yield indented(entry_rows(Ledger(entries=rehearsal.gains), measured="rehearsed"))
    yield Text()
    yield words(("milliseconds, rehearsed; empty where samples are too few for the percentile", QUIET))


def _listed(title: str, lines: Sequence[str]) -> Iterator[RenderableType]:
    if lines:
        yield heading(title)
        for line in lines[:_MOST]:
            yield indented(words(line))
        if len(lines) > _MOST:
            yield indented(words((f"and {len(lines) - _MOST} more", QUIET)))


def _table(made: MadeTable) -> tuple[Text, ...]:
    return words(str(made.name)), words(f"{made.rows:,}"), words((f"{made.full_rows:,.0f}", QUIET))


def _item(item: RehearsedItem) -> tuple[Text, ...]:
    name = words(str(item.object))
    if item.note:
        name.append_text(words((f"  {item.note}", QUIET)))
    return (
        name,
        words((item.state, _STYLES.get(item.state, QUIET))),
        words(figure(item.seconds, Unit.SECONDS) if item.seconds is not None else ""),
        words((figure(item.full_seconds, Unit.SECONDS) if item.full_seconds is not None else "", QUIET)),
    )
