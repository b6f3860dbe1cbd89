"""The difference between two visits as a page that stands on its own."""

from functools import partial
from types import SimpleNamespace

from markupsafe import Markup

from pgclinic.charts.before_after import Pair, before_after
from pgclinic.charts.grade_ring import grade_ring
from pgclinic.model.checkup import Grade
from pgclinic.model.difference import Difference, StatementChange
from pgclinic.report import difference_words as wording
from pgclinic.report.html import rendered
from pgclinic.report.language import ENGLISH, Language
from pgclinic.report.printable import shortened

_NARROW = 340
_MOST_PAIRS = 15
_LEAST_MS = 0.001
"""A logarithmic scale has no zero."""
_LONGEST_LABEL = 32
_SPOKEN = (
    "counts_words",
    "growth_words",
    "pace_words",
    "schema_words",
    "score_words",
    "setting_words",
    "severity_change",
    "span_words",
    "statement_words",
    "times_words",
    "trend_words",
)
"""What the template says of a noun."""


def page(difference: Difference, language: Language = ENGLISH) -> str:
    """One HTML document without anything from outside."""
    before, after = difference.before.grade, difference.after.grade
    pairs = [_pair(each, language) for each in difference.statements or () if each.times][:_MOST_PAIRS]
    heard = language.say("Mean time of each statement before and after, logarithmic scale")
    return rendered(
        "difference.html",
        lang=language.code,
        difference=difference,
        before=difference.before,
        after=difference.after,
        words=SimpleNamespace(**{name: partial(getattr(wording, name), language=language) for name in _SPOKEN}),
        trends=SimpleNamespace(of_statement=wording.statement_trend, of_schema=wording.schema_trend),
        verdict=wording.verdict_words(difference, language),
        ring_before=_ring(before, language.say("Grade before"), language),
        ring_after=_ring(after, language.say("Grade after"), language),
        was={category.name: category.score for category in before.categories if category.score is not None},
        chart=_safe(before_after(pairs, label=heard)) if pairs else "",
        chart_narrow=_safe(before_after(pairs, width=_NARROW, label=heard)) if pairs else "",
    )


def _pair(change: StatementChange, language: Language) -> Pair:
    return Pair(
        shortened(change.text, _LONGEST_LABEL),
        max(change.mean_before or 0, _LEAST_MS),
        max(change.mean_after or 0, _LEAST_MS),
        wording.factor_words(change, language),
    )


def _ring(grade: Grade, label: str, language: Language) -> Markup:
    of = language.say("{score} of 100", score=f"{grade.score:.0f}")
    return _safe(grade_ring(grade.score, grade.letter, label=label, of=of))


def _safe(chart: str) -> Markup:
    return Markup(chart)  # noqa: S704 - the charts escape their texts
