"""The end of a checkup of several databases: a line each."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from pgclinic.model.checkup import Checkup
from pgclinic.model.cluster import DatabaseVisit
from pgclinic.report.language import ENGLISH, Language
from pgclinic.report.terminal import POOR, QUIET, Column, heading, indented, rendered, score_style, table, words
from pgclinic.report.wording import counts


def summary(
    visits: Sequence[DatabaseVisit[Checkup]], *, width: int = 80, color: bool = False, language: Language = ENGLISH
) -> str:
    """Grade and findings of each database, and why one could not be entered."""
    return rendered(list(_parts(visits, language)), width=width, color=color)


def _parts(visits: Sequence[DatabaseVisit[Checkup]], language: Language) -> Iterator[RenderableType]:
    yield heading(language.say("Databases"))
    rows = [
        (
            words((visit.result.grade.letter, f"bold {score_style(visit.result.grade.score)}")),
            words(visit.database),
            words((counts(visit.result.findings, language), QUIET)),
        )
        for visit in visits
        if visit.result
    ]
    yield indented(table((Column("", is_figure=False), Column("", is_figure=False), Column("", is_figure=False)), rows))
    for visit in visits:
        if visit.result is None:
            said = language.say("{database} could not be entered:", database=visit.database)
            yield indented(words((said, f"bold {POOR}"), f" {visit.refusal}"))
