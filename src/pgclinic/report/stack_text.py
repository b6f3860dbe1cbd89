"""A plan of running parts for a terminal."""

from collections.abc import Iterator

from rich.console import RenderableType

from pgclinic.model.stack import StackPart, StackPlan
from pgclinic.report.language import ENGLISH, Language
from pgclinic.report.stack_words import part_words, path_words, reason_words, remark_words, seen_words, verdict_words
from pgclinic.report.terminal import ACCENT, GOOD, QUIET, heading, indented, rendered, words


def text(plan: StackPlan, *, width: int = 80, color: bool = False, language: Language = ENGLISH) -> str:
    """The path, then each part: whether it pays and why, its values, what must be known."""
    return rendered(list(_parts(plan, language)), width=width, color=color)


def _parts(plan: StackPlan, language: Language) -> Iterator[RenderableType]:
    yield words((plan.database, "bold"), ("  " + seen_words(plan, language), QUIET))
    yield words((path_words(plan, language), ACCENT))
    for part in plan.parts:
        yield from _part(part, language)


def _part(part: StackPart, language: Language) -> Iterator[RenderableType]:
    yield heading(part_words(part, language))
    yield indented(
        words((verdict_words(part, language), GOOD if part.pays else QUIET), ": " + reason_words(part, language))
    )
    for said in remark_words(part, language):
        yield indented(words((said, QUIET)))
    if part.pays:
        yield from (
            indented(words((f"{each.file}: ", QUIET), f"{each.name} = {each.value}"), 4) for each in part.settings
        )
