"""Planned against measured for a terminal."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from pgclinic.model.evidence import Unit
from pgclinic.model.ledger import Calibration, Ledger, LedgerEntry
from pgclinic.model.proof import Verdict
from pgclinic.report.figures import figure
from pgclinic.report.terminal import GOOD, POOR, QUIET, Column, heading, indented, rendered, table, words
from pgclinic.report.wording import plural

_STYLES = {Verdict.FASTER: GOOD, Verdict.SLOWER: POOR}


def text(ledger: Ledger, *, width: int = 80, color: bool = False) -> str:
    """How right each kind of prescription has been, then every entry, the newest first."""
    return rendered(list(_parts(ledger)), width=width, color=color)


def _parts(ledger: Ledger) -> Iterator[RenderableType]:
    yield words(("Ledger", "bold"), f"   planned against measured, {plural(len(ledger.entries), 'statement')}")
    if not ledger.entries:
        yield words("Nothing yet: treat, then prove with --against a run from before.")
        return
    yield heading("How right the plans were")
    yield indented(table(_KINDS, [_calibration(each) for each in ledger.calibrations]))
    yield heading("Entries", "times faster, by planner cost and by median time with its 95 % interval")
    yield indented(entry_rows(ledger))


def calibration_words(each: Calibration) -> str:
    """How right one kind of prescription was, in a sentence."""
    said = f"The gain planned for {plural(each.entries, 'statement')} was off by {figure(each.error, Unit.TIMES)} in"
    if each.right_direction is None:
        return f"{said} the median."
    return f"{said} the median, its direction right in {figure(each.right_direction, Unit.RATIO)}."


def entry_rows(ledger: Ledger, *, measured: str = "measured") -> RenderableType:
    """The entries as a table, the newest first; ``measured`` says how the second factor is known."""
    newest_first = sorted(ledger.entries, key=lambda entry: entry.proved_at, reverse=True)
    columns = [each._replace(title=measured) if each.title == "measured" else each for each in _ENTRIES]
    return table(columns, [_entry(entry) for entry in newest_first], padding=1)


_KINDS = (
    Column("", is_figure=False),
    Column("statements"),
    Column("gain off by, median"),
    Column("right direction"),
)
_ENTRIES = (
    Column("statement", is_figure=False),
    Column("by", is_figure=False),
    Column("planned"),
    Column("measured"),
    Column("interval"),
    Column("off by"),
)


def _calibration(each: Calibration) -> tuple[Text, ...]:
    return (
        words(each.kind.replace("_", " ")),
        words(f"{each.entries:,}"),
        words((figure(each.error, Unit.TIMES), "bold")),
        words(figure(each.right_direction, Unit.RATIO)),
    )


def _entry(entry: LedgerEntry) -> tuple[Text, ...]:
    return (
        words(entry.statement),
        words((entry.object, QUIET)),
        words(figure(entry.planned, Unit.TIMES)),
        words((figure(entry.measured, Unit.TIMES), f"bold {_STYLES.get(entry.verdict, '')}".strip())),
        words((f"{figure(entry.low, Unit.TIMES)} – {figure(entry.high, Unit.TIMES)}", QUIET)),  # noqa: RUF001 - an en dash
        words(figure(entry.error, Unit.TIMES)),
    )
