"""The checks as Markdown: the pages of ``docs/checks`` are made by this."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from pgclinic.model.check_page import CheckPage
from pgclinic.report.check_words import (
    family_words,
    remedy_words,
    section_words,
    settings_example,
    severity_words,
    value_words,
)
from pgclinic.report.language import ENGLISH, Language

_INDEX_TITLE = "# The checks"


def page_markdown(page: CheckPage, language: Language = ENGLISH) -> str:
    """One check's page."""
    return "\n".join(_page(page, language)) + "\n"


def index_markdown(pages: Sequence[CheckPage]) -> str:
    """All checks by family, each with a link to its page. In English, as the documentation is."""
    return "\n".join(_index(pages)) + "\n"


def _page(page: CheckPage, language: Language) -> Iterator[str]:
    yield f"# {page.name}"
    yield ""
    yield language.say(page.title)
    yield ""
    severities = severity_words(page.severities, language)
    family = family_words(page, language)
    if severities:
        yield language.say("Family: {family} · severity: {severities}", family=family, severities=severities)
    else:
        yield language.say("Family: {family}", family=family)
    for section in page.sections:
        yield ""
        yield f"## {section_words(section, language)}"
        for paragraph in section.paragraphs:
            yield ""
            yield _escaped(language.say(paragraph))
    yield ""
    yield f"## {language.say('Remedy')}"
    yield ""
    yield remedy_words(page, language).replace("_", "\\_")
    if page.thresholds:
        yield from _thresholds(page, language)


def _thresholds(page: CheckPage, language: Language) -> Iterator[str]:
    is_changed = any(each.is_changed for each in page.thresholds)
    yield ""
    yield f"## {language.say('Thresholds')}"
    yield ""
    titles = f"| {language.say('threshold')} | {language.say('default')} |"
    yield titles + (f" {language.say('in force')} |" if is_changed else "")
    yield "|---|---|" + ("---|" if is_changed else "")
    for each in page.thresholds:
        row = f"| `{each.name}` | {value_words(each, each.default, language)} |"
        yield row + (f" {value_words(each, each.value, language)} |" if is_changed else "")
    yield ""
    yield language.say("In `pgclinic.toml`:")
    yield ""
    yield "```toml"
    yield settings_example(page)
    yield "```"


def _index(pages: Sequence[CheckPage]) -> Iterator[str]:
    yield _INDEX_TITLE
    yield ""
    yield "Each page is made from the docstring and the signature of the check's file by `make docs`."
    for family, group in groupby(pages, key=lambda page: page.family):
        yield ""
        yield f"## {family}"
        yield ""
        yield "| check | severity | the illness |"
        yield "|---|---|---|"
        for page in group:
            title = _escaped(page.title).replace("|", "\\|")
            yield f"| [{page.name}]({page.name}.md) | {severity_words(page.severities)} | {title} |"


def _escaped(text: str) -> str:
    """Prose whose stars and underscores are not markup, outside of `code`."""
    pieces = text.split("`")
    shown = [
        piece if number % 2 else piece.replace("*", "\\*").replace("_", "\\_").replace("<", "&lt;")
        for number, piece in enumerate(pieces)
    ]
    return "`".join(shown)
