"""Text for terminals: 80 columns or so, colours that are legible on light and dark grounds alike.

Everything is made of ``rich.text.Text``, which reads no markup, from texts that went through ``printable``.
"""

import io
from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pgclinic.model.finding import Severity
from pgclinic.report.printable import printable

# Entries of the 256-colour cube whose contrast is above 4 to 1 on white and on black.
GOOD, FAIR, POOR, ACCENT, QUIET = "color(28)", "color(130)", "color(160)", "color(31)", "color(243)"
_OF_SEVERITY = {
    Severity.INFO: QUIET,
    Severity.NOTICE: ACCENT,
    Severity.WARNING: FAIR,
    Severity.CRITICAL: POOR,
}
_GOOD_SCORE = 80
_FAIR_SCORE = 60


def severity_style(severity: Severity) -> str:
    """The colour of a severity."""
    return _OF_SEVERITY[severity]


def score_style(score: float) -> str:
    """The colour of a score from 0 to 100."""
    return GOOD if score >= _GOOD_SCORE else FAIR if score >= _FAIR_SCORE else POOR


_UNBROKEN = {0xA0: 0xE000, 0x202F: 0xE001}
"""Spaces that do not break, at which rich breaks lines: signs of no meaning until the lines are made.

Nothing printable holds such a sign.
"""
_BROUGHT_BACK = {sign: space for space, sign in _UNBROKEN.items()}


def words(*parts: "str | tuple[str, str]") -> Text:
    """One piece of text of several: plain, or with a style. Every part is made printable."""
    text = Text()
    for part in parts:
        content, style = part if isinstance(part, tuple) else (part, "")
        # Blanks at the ends separate parts and are ours.
        lead = content[: len(content) - len(content.lstrip(" "))]
        trail = content[len(content.rstrip(" ")) :] if content.strip(" ") else ""
        text.append(lead + printable(content).translate(_UNBROKEN) + trail, style)
    return text


def heading(title: str, note: str = "") -> Text:
    """The title of a section after an empty line."""
    return Text.assemble("\n", words((title, "bold"), (f"  {note}" if note else "", QUIET)))


def indented(content: RenderableType, by: int = 2) -> Padding:
    """``content`` moved to the right, wrapped lines too."""
    return Padding(content, (0, 0, 0, by))


def hanging(lead: Text, content: RenderableType, by: int) -> Table:
    """``content`` beside ``lead``, which has ``by`` columns to itself."""
    grid = Table.grid()
    grid.add_column(width=by)
    grid.add_column(overflow="fold")
    grid.add_row(lead, content)
    return grid


class Column(NamedTuple):
    """A column of a table: its title, and whether it holds figures (to the right) or words."""

    title: str
    is_figure: bool = True


def table(columns: Sequence[Column], rows: Sequence[Sequence[Text]], *, padding: int = 2) -> Table:
    """A table without lines: figures to the right, the first column takes what room is left."""
    grid = Table(box=None, padding=(0, padding, 0, 0), pad_edge=False, header_style=QUIET, expand=False)
    grid.show_header = any(column.title for column in columns)
    for column in columns:
        grid.add_column(
            words(column.title),
            justify="right" if column.is_figure else "left",
            no_wrap=column.is_figure,
            overflow="fold",
        )
    for row in rows:
        grid.add_row(*row)
    return grid


def rendered(parts: Sequence[RenderableType], *, width: int, color: bool) -> str:
    """The whole text, lines without trailing blanks, ending with a line feed."""
    console = Console(
        file=io.StringIO(),
        width=width,
        color_system="256" if color else None,
        force_terminal=color,
        no_color=not color,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
    )
    with console.capture() as capture:
        console.print(Group(*parts))
    lines = capture.get().translate(_BROUGHT_BACK).splitlines()
    return "\n".join(line.rstrip() for line in lines).strip("\n") + "\n"
