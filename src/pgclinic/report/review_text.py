"""The review for a terminal: what speaks against the migration in the order of its lines, locks, indexes."""

from collections.abc import Iterator

from rich.console import RenderableType

from pgclinic.model.evidence import Unit
from pgclinic.model.review import Objection, Review, Verdict
from pgclinic.report.figures import figure
from pgclinic.report.language import ENGLISH, Language, later
from pgclinic.report.review_words import advice_of, locks_of, run_words, summary_of, title_words
from pgclinic.report.terminal import (
    GOOD,
    QUIET,
    Column,
    heading,
    indented,
    rendered,
    severity_style,
    table,
    words,
)
from pgclinic.report.wording import counts, severity_words

_MOST = 20
_LOCK_COLUMNS = (later("line"), later("table"), later("lock"))


def text(review: Review, *, width: int = 80, color: bool = False, language: Language = ENGLISH) -> str:
    """Objections, locks that stop somebody, indexes and what they gain, and what was not examined."""
    return rendered(list(_parts(review, language)), width=width, color=color)


def _parts(review: Review, language: Language) -> Iterator[RenderableType]:
    yield words((title_words(review, language), "bold"))
    yield words((run_words(review, language), QUIET))
    if review.objections:
        yield heading(language.say("Objections"), counts([each.finding for each in review.objections], language))
        for objection in review.objections:
            yield from _objection(objection, language)
    else:
        yield words("")
        yield words((language.say("Nothing speaks against it."), GOOD))
    yield from _locks(review, language)
    yield from _indexes(review, language)
    yield from _unexamined(review, language)


def _objection(objection: Objection, language: Language) -> Iterator[RenderableType]:
    finding = objection.finding
    yield words(
        (f"{objection.place}  ", "bold"),
        (severity_words(finding.severity, language), severity_style(finding.severity)),
        (f"  {finding.check}", QUIET),
    )
    yield indented(words(summary_of(finding, language)))
    yield indented(words(advice_of(finding, language)))


def _locks(review: Review, language: Language) -> Iterator[RenderableType]:
    found = locks_of(review)
    if not found:
        return
    yield heading(language.say("Locks that stop others"))
    columns = [Column(language.say(title), is_figure=False) for title in _LOCK_COLUMNS]
    yield indented(table(columns, [[words(cell) for cell in row] for row in found[:_MOST]]))
    yield from _more(len(found), language)


def _indexes(review: Review, language: Language) -> Iterator[RenderableType]:
    useful = [index for index in review.indexes if index.gains]
    if not useful:
        return
    yield heading(language.say("Indexes that the planner would use"))
    columns = [
        Column(language.say("index"), is_figure=False),
        Column(language.say("size")),
        Column(language.say("statements")),
        Column(language.say("cost before")),
        Column(language.say("after")),
    ]
    rows = []
    for index in useful[:_MOST]:
        best = max(index.gains, key=lambda gain: gain.calls * (gain.cost_before - gain.cost_after))
        cells = (
            index.name.name,
            figure(index.bytes, Unit.BYTES, language),
            figure(len(index.gains), Unit.COUNT, language),
            figure(best.cost_before, Unit.COST, language),
            figure(best.cost_after, Unit.COST, language),
        )
        rows.append([words(cell) for cell in cells])
    yield indented(table(columns, rows))
    yield indented(words((language.say("Planned costs of the statement that gains most; sizes estimated."), QUIET)))
    yield from _more(len(useful), language)


def _unexamined(review: Review, language: Language) -> Iterator[RenderableType]:
    left = [f"{each.place}: {each.unexamined}" for each in review.statements if each.verdict is Verdict.NOT_RUN]
    left += review.omitted
    if not left:
        return
    yield heading(language.say("Not examined"))
    for line in left[:_MOST]:
        yield indented(words(line))
    yield from _more(len(left), language)


def _more(number: int, language: Language) -> Iterator[RenderableType]:
    if number > _MOST:
        yield indented(words(language.say_many("and {number} more", "and {number} more", number - _MOST), ("", QUIET)))
