"""Sentences of findings and prescriptions with their ``{fact}`` places filled."""

from collections.abc import Callable, Iterable

from pgclinic.model.evidence import Fact
from pgclinic.report.figures import fact_figure
from pgclinic.report.language import ENGLISH, Language, filled


def sentence(
    template: str,
    facts: Iterable[Fact],
    language: Language = ENGLISH,
    *,
    show: Callable[[Fact, str], str] | None = None,
    escape: Callable[[str], str] | None = None,
) -> str:
    """``template`` in the reader's language, every ``{name}`` replaced by the figure of the fact of that name.

    Values are inserted as they are, never read for places of their own. A place without a fact stays, so that the
    mistake is seen where it is made. ``show`` may dress a figure up, and ``escape`` what stands between the places,
    as Markdown needs.
    """
    figures = {}
    for fact in facts:
        written = fact_figure(fact, language)
        figures[fact.name] = show(fact, written) if show else written
    if escape is None:
        return language.say(template, **figures)
    return filled(language.say(template), figures, escape)
