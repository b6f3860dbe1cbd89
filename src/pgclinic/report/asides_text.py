"""What a checkup leaves unsaid on request, for a terminal: it must not look like health."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from pgclinic.model.checkup import Checkup
from pgclinic.report.check_words import toml_value
from pgclinic.report.checkup_words import left_out_words
from pgclinic.report.language import ENGLISH, Language
from pgclinic.report.terminal import ACCENT, QUIET, heading, indented, words
from pgclinic.report.wording import counts


def asides(checkup: Checkup, language: Language = ENGLISH) -> Iterator[RenderableType]:
    """Findings set aside, entries of the baseline that are gone, checks left out, thresholds that are set."""
    if checkup.set_aside and checkup.listed_grade is not None:
        grade = checkup.listed_grade
        without = language.say(
            "they count in the grade; without them it would be {letter} {score}",
            letter=grade.letter,
            score=f"{grade.score:.0f}",
        )
        yield heading(language.say("Not listed"), without)
        for is_known, word in (
            (True, language.say("known from the baseline")),
            (False, language.say("ignored")),
        ):
            findings = [each.finding for each in checkup.set_aside if each.is_known is is_known]
            if findings:
                yield indented(words(f"{word}: {counts(findings, language)}"))
    if checkup.gone:
        yield heading(language.say("Gone since the baseline"), language.say("--write-baseline takes them out of it"))
        for entry in checkup.gone:
            comment = (f"  # {entry.comment}", QUIET) if entry.comment else ""
            yield indented(words(entry.check, (f"  {entry.object}", QUIET), (f"  {entry.fingerprint}", QUIET), comment))
    if checkup.left_out:
        yield Text()
        yield words((left_out_words(checkup, language), QUIET))
    if checkup.thresholds:
        yield heading(language.say("Thresholds"), language.say("set otherwise than by default"))
        for each in checkup.thresholds:
            default = language.say("by default {value}", value=toml_value(each.default))
            yield indented(
                words(f"{each.check}.{each.name} ", (toml_value(each.value), ACCENT), (f", {default}", QUIET))
            )
