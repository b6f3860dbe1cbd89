"""Words about checks that several formats share."""

from collections.abc import Sequence

from pgclinic.model.check_page import CheckPage, Section, Threshold
from pgclinic.model.evidence import Unit
from pgclinic.model.finding import Severity
from pgclinic.report.figures import figure
from pgclinic.report.language import ENGLISH, Language, later
from pgclinic.report.wording import category_words
from pgclinic.report.wording import severity_words as severity_name

_NO_REMEDY = later("None by itself: the cure takes a choice that only the owner of the database can make.")
_SECTIONS = (later("What it sees"), later("Why it matters"), later("What to do"))
"""The titles that a page's sections have."""


def severity_words(severities: Sequence[Severity], language: Language = ENGLISH) -> str:
    """As in ``notice to warning``; empty when the check's file does not say."""
    names = [severity_name(severity, language) for severity in severities]
    if len(names) > 1:
        return language.say("{mildest} to {worst}", mildest=names[0], worst=names[-1])
    return names[0] if names else ""


def family_words(page: CheckPage, language: Language = ENGLISH) -> str:
    """The name of its family, with the word that options take where that is another one."""
    said = category_words(page.family, language)
    return said if said == page.family else f"{said} ({page.family})"


def section_words(section: Section, language: Language = ENGLISH) -> str:
    """The title of a section."""
    return language.say(section.title)


def value_words(threshold: Threshold, value: object, language: Language = ENGLISH) -> str:
    """A threshold's value as it is written in the configuration, and in larger units where that reads better."""
    text = toml_value(value)
    if threshold.unit is Unit.COUNT or isinstance(value, (bool, str)) or not isinstance(value, (int, float)):
        return text
    if figure(value, threshold.unit).split(" ")[0].replace(",", "") == text:
        return text
    return f"{text} ({figure(value, threshold.unit, language)})"


def toml_value(value: object) -> str:
    """A value as TOML writes it; ``none`` for what a file cannot say."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)  # noqa: PLR2004 - %g's digits


def remedy_words(page: CheckPage, language: Language = ENGLISH) -> str:
    """What kind of treatment its findings carry."""
    told = [
        language.say("{name}: {title}", name=remedy.name, title=language.say(remedy.title)) for remedy in page.remedies
    ]
    return " ".join(told) or language.say(_NO_REMEDY)


def settings_example(page: CheckPage) -> str:
    """The thresholds of a check as they would stand in pgclinic.toml."""
    lines = [f"{each.name} = {toml_value(each.value)}" for each in page.thresholds if each.value is not None]
    return "\n".join([f"[checks.{page.name}]", *lines])
