"""The checks for a terminal: the list of all, and the page of one."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import RenderableType
from rich.text import Text

from pgclinic.model.check_page import CheckPage, Threshold
from pgclinic.model.finding import Severity
from pgclinic.report.check_words import (
    family_words,
    remedy_words,
    section_words,
    settings_example,
    severity_words,
    toml_value,
    value_words,
)
from pgclinic.report.language import ENGLISH, Language
from pgclinic.report.terminal import (
    ACCENT,
    QUIET,
    Column,
    heading,
    indented,
    rendered,
    severity_style,
    table,
    words,
)

_CODE = re.compile(r"`([^`]+)`")


def list_text(pages: Sequence[CheckPage], *, width: int = 80, color: bool = False, language: Language = ENGLISH) -> str:
    """By family: each check's name, severities and thresholds in force over its illness in plain words."""
    return rendered(list(_list(pages, language)), width=width, color=color)


def page_text(page: CheckPage, *, width: int = 80, color: bool = False, language: Language = ENGLISH) -> str:
    """One check's whole page."""
    return rendered(list(_page(page, language)), width=width, color=color)


def _list(pages: Sequence[CheckPage], language: Language) -> Iterator[RenderableType]:
    for _, group in groupby(pages, key=lambda page: page.family):
        members = list(group)
        counted = language.say_many("{number} check", "{number} checks", len(members))
        yield heading(family_words(members[0], language), counted)
        for page in members:
            yield indented(words((page.name, "bold"), "  ", *_severities(page, language)))
            yield indented(words(language.say(page.title)), 4)
            if page.thresholds:
                yield indented(Text(", ").join(_setting(each) for each in page.thresholds), 4)
    yield Text()
    end = language.say_many(
        "{number} check; pgclinic explain CHECK says more of one.",
        "{number} checks; pgclinic explain CHECK says more of one.",
        len(pages),
    )
    if any(each.is_changed for page in pages for each in page.thresholds):
        end = f"{end} {language.say('A * marks what is set.')}"
    yield words((end, QUIET))


def _setting(threshold: Threshold) -> Text:
    text = f"{threshold.name}\N{NO-BREAK SPACE}{toml_value(threshold.value)}"
    return words((f"{text}*", ACCENT)) if threshold.is_changed else words((text, QUIET))


def _severities(page: CheckPage, language: Language) -> tuple[tuple[str, str], ...]:
    worst = max(page.severities, default=Severity.INFO)
    return ((severity_words(page.severities, language), severity_style(worst)),) if page.severities else ()


def _page(page: CheckPage, language: Language) -> Iterator[RenderableType]:
    yield words((page.name, "bold"), (f"  {family_words(page, language)}", QUIET), "  ", *_severities(page, language))
    yield words(language.say(page.title))
    for section in page.sections:
        yield heading(section_words(section, language))
        for number, paragraph in enumerate(section.paragraphs):
            if number:
                yield Text()
            yield indented(_prose(language.say(paragraph)))
    yield heading(language.say("Remedy"))
    yield indented(words(remedy_words(page, language)))
    if page.thresholds:
        yield heading(language.say("Thresholds"), language.say("in pgclinic.toml"))
        yield indented(table(_columns(language), [_threshold(each, language) for each in page.thresholds]))
        yield Text()
        for line in settings_example(page).splitlines():
            yield indented(words((line, ACCENT)), 4)


def _prose(paragraph: str) -> Text:
    """Words with `code` in backticks made to stand out instead."""
    pieces = _CODE.split(paragraph)
    styled = [words((piece, ACCENT)) if number % 2 else words(piece) for number, piece in enumerate(pieces) if piece]
    return Text().join(styled)


def _columns(language: Language) -> tuple[Column, ...]:
    titles = ("", language.say("in force"), language.say("default"))
    return tuple(Column(title, is_figure=False) for title in titles)


def _threshold(threshold: Threshold, language: Language) -> tuple[Text, ...]:
    style = ACCENT if threshold.is_changed else ""
    return (
        words((threshold.name, style)),
        words((value_words(threshold, threshold.value, language), style)),
        words((value_words(threshold, threshold.default, language), QUIET)),
    )
