"""The difference between two visits as Markdown, for a pull request or a ticket."""

from collections.abc import Iterator, Sequence

from pgclinic.model.difference import Difference, Trend
from pgclinic.model.evidence import Unit
from pgclinic.report.difference_words import (
    counts_words,
    growth_words,
    more_words,
    pace_words,
    schema_words,
    score_words,
    setting_words,
    severity_change,
    span_words,
    statement_words,
    times_words,
    trend_words,
    verdict_words,
)
from pgclinic.report.figures import fact_figure, figure
from pgclinic.report.language import ENGLISH, Language
from pgclinic.report.printable import printable, shortened
from pgclinic.report.sentences import sentence
from pgclinic.report.wording import fact_name, label, object_words

_MOST_ROWS = 20
_LONGEST_STATEMENT = 120
_SPECIAL = "\\`*_{}[]<>#|~"


def markdown(difference: Difference, language: Language = ENGLISH) -> str:
    """The document, ending with a line feed."""
    return "\n".join(_lines(difference, language)) + "\n"


def _lines(difference: Difference, language: Language) -> Iterator[str]:
    before, after = difference.before, difference.after
    old, new = before.grade, after.grade
    yield "## " + language.say(
        "{database}: {before} → {after}, {verdict}",
        database=_plain(after.database),
        before=f"{old.letter} {old.score:.0f}",
        after=f"{new.letter} {new.score:.0f}",
        verdict=verdict_words(difference, language),
    )
    yield ""
    between = language.say(
        "{first} → {second}, {span} between the visits",
        first=language.moment(before.clock),
        second=language.moment(after.clock),
        span=span_words(difference.seconds, language),
    )
    yield language.say("{between}; {score}.", between=between, score=score_words(difference, language))
    if difference.remarks:
        yield ""
        for remark in difference.remarks:
            yield f"- {_plain(sentence(remark.text, remark.facts, language))}"
    yield from _section(language.say("Findings"), counts_words(difference, language))
    rows = [
        (
            _trend(change.trend, language),
            severity_change(change, language),
            _plain(change.finding.check),
            _code(object_words(change.finding.object, language)),
            _plain(sentence(change.finding.summary, change.finding.facts, language)),
        )
        for change in difference.findings
    ]
    yield from _table(("", language.say("severity"), language.say("check"), language.say("object"), ""), rows, language)
    yield from _section(language.say("Key figures"))
    sides = (language.say("before"), language.say("after"))
    yield from _table(
        ("", *sides, ""),
        [
            (
                label(change.name, language),
                _plain(figure(change.before, change.unit, language)),
                _plain(figure(change.after, change.unit, language)),
                "" if change.trend is Trend.SAME else trend_words(change.trend, language),
            )
            for change in difference.figures
        ],
        language,
    )
    if difference.activity:
        yield ""
        counted = " · ".join(
            f"{fact_name(fact.name, language)} {fact_figure(fact, language)}" for fact in difference.activity
        )
        yield language.say("Between the visits: {counted}.", counted=_plain(counted))
    yield from _snapshots(difference, language)


def _snapshots(difference: Difference, language: Language) -> Iterator[str]:
    sides = (language.say("before"), language.say("after"))
    if difference.statements:
        yield from _section(language.say("Statements"), language.say("mean time of a call, measured"))
        yield from _table(
            ("", language.say("statement"), language.say("calls"), *sides, ""),
            [
                (
                    statement_words(change, language),
                    _code(shortened(change.text, _LONGEST_STATEMENT)),
                    figure(change.calls_after, Unit.COUNT, language),
                    _plain(figure(change.mean_before, Unit.MILLISECONDS, language)),
                    _plain(figure(change.mean_after, Unit.MILLISECONDS, language)),
                    times_words(change, language),
                )
                for change in difference.statements
            ],
            language,
        )
    if difference.sizes:
        yield from _section(language.say("Tables and indexes"))
        yield from _table(
            ("", *sides, "", ""),
            [
                (
                    _code(object_words(change.object, language)),
                    figure(change.before, Unit.BYTES, language),
                    figure(change.after, Unit.BYTES, language),
                    growth_words(change, language),
                    pace_words(change, language),
                )
                for change in difference.sizes
            ],
            language,
        )
    if difference.settings:
        yield from _section(language.say("Settings"))
        yield from _table(
            ("", *sides),
            [
                (
                    _code(f"{change.name} ({change.scope})" if change.scope else change.name),
                    _plain(setting_words(change.before, change.unit, language)),
                    _plain(setting_words(change.after, change.unit, language)),
                )
                for change in difference.settings
            ],
            language,
        )
    if difference.schema:
        yield from _section(language.say("Schema"))
        yield from _table(
            ("", language.say("object"), language.say("definition")),
            [
                (
                    schema_words(change, language),
                    _code(object_words(change.object, language)),
                    _code(shortened(change.after if change.after is not None else change.before or "", 200)),
                )
                for change in difference.schema
            ],
            language,
        )


def _trend(trend: Trend, language: Language) -> str:
    said = trend_words(trend, language)
    return f"**{said}**" if trend in {Trend.NEW, Trend.WORSE} else said


def _section(title: str, note: str = "") -> Iterator[str]:
    yield ""
    yield f"### {title}" + (f" ({note})" if note else "")


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], language: Language) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield f"| {' | '.join(titles)} |"
    yield "|" + "---|" * len(titles)
    for row in rows[:_MOST_ROWS]:
        yield f"| {' | '.join(row)} |"
    if len(rows) > _MOST_ROWS:
        yield ""
        yield more_words(len(rows) - _MOST_ROWS, language)


def _plain(text: str) -> str:
    """Other people's words so that nothing in them is markup."""
    return "".join(f"\\{each}" if each in _SPECIAL else each for each in printable(text))


def _code(text: str) -> str:
    """Other people's words as code inside a cell of a table: a backtick or bar in them ends neither."""
    shown = printable(text).replace("|", "\N{DIVIDES}").replace("`", "'")
    return f"`{shown}`" if shown else ""
