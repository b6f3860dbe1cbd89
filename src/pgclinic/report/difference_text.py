"""The difference between two visits for a terminal: the verdict, then the bad news, then the good."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from pgclinic.model.checkup import Grade
from pgclinic.model.difference import (
    Difference,
    FigureChange,
    FindingChange,
    SchemaChange,
    SettingChange,
    SizeChange,
    StatementChange,
    Trend,
)
from pgclinic.model.evidence import Unit
from pgclinic.report.difference_words import (
    counts_words,
    factor_words,
    growth_words,
    more_words,
    pace_words,
    schema_trend,
    schema_words,
    score_words,
    setting_words,
    severity_change,
    span_words,
    statement_words,
    trend_words,
    verdict,
    verdict_words,
    widest_schema_trend,
    widest_trend,
)
from pgclinic.report.figures import fact_figure, figure
from pgclinic.report.language import ENGLISH, Language, later
from pgclinic.report.printable import shortened
from pgclinic.report.sentences import sentence
from pgclinic.report.terminal import (
    ACCENT,
    GOOD,
    POOR,
    QUIET,
    Column,
    hanging,
    heading,
    indented,
    rendered,
    score_style,
    table,
    words,
)
from pgclinic.report.wording import category_words, fact_name, label, object_words

_STYLES = {
    Trend.NEW: POOR,
    Trend.WORSE: POOR,
    Trend.FIRST_SEEN: ACCENT,
    Trend.BETTER: GOOD,
    Trend.CURED: GOOD,
    Trend.OUT_OF_SIGHT: QUIET,
    Trend.SAME: QUIET,
}
_VERDICTS = {"better": GOOD, "worse": POOR, "as before": QUIET}
_MOST_ROWS = 15
_LONGEST_STATEMENT = 90
_LONGEST_DEFINITION = 140


def text(difference: Difference, *, width: int = 80, color: bool = False, language: Language = ENGLISH) -> str:
    """Grades, findings, figures, statements, sizes, settings and schema, as far as the sides tell."""
    return rendered(list(_parts(difference, language)), width=width, color=color)


def _parts(difference: Difference, language: Language) -> Iterator[RenderableType]:
    before, after = difference.before, difference.after
    yield words(
        _grade(before.grade),
        ("  →  ", QUIET),
        _grade(after.grade),
        (f"   {verdict_words(difference, language)}", f"bold {_VERDICTS[verdict(difference)]}"),
        f"   {after.database}",
        (f"   {score_words(difference, language)}", QUIET),
    )
    between = language.say(
        "{first} → {second}, {span} between the visits",
        first=language.moment(before.clock),
        second=language.moment(after.clock),
        span=span_words(difference.seconds, language),
    )
    yield words((between, QUIET))
    if before.grade.confidence != after.grade.confidence:
        yield words((_confidence(before.grade, after.grade, language), QUIET))
    for remark in difference.remarks:
        yield hanging(words(("·", ACCENT)), words(sentence(remark.text, remark.facts, language)), 2)
    yield heading(language.say("Findings"), counts_words(difference, language))
    for change in difference.findings:
        yield from _finding(change, language)
    yield from _categories(before.grade, after.grade, language)
    yield heading(language.say("Key figures"))
    yield indented(table(_figure_columns(language), [_figure(change, language) for change in difference.figures]))
    if difference.activity:
        yield heading(language.say("Between the visits"), language.say("counted by the server"))
        parts = [f"{fact_name(fact.name, language)} {fact_figure(fact, language)}" for fact in difference.activity]
        yield indented(words(" · ".join(parts)))
    yield from _counted(difference, language)


def _counted(difference: Difference, language: Language) -> Iterator[RenderableType]:
    """What two snapshots tell besides; a list that is empty says so in its heading."""
    if difference.statements is not None:
        note = later("mean time of a call, measured") if difference.statements else later("no notable change")
        yield heading(language.say("Statements"), language.say(note))
        rows = [_statement(change, language) for change in difference.statements]
        yield from _rows(_statement_columns(language), rows, language)
    if difference.sizes is not None:
        note = "" if difference.sizes else later("no notable change of size")
        yield heading(language.say("Tables and indexes"), language.say(note))
        yield from _rows(_size_columns(language), [_size(change, language) for change in difference.sizes], language)
    if difference.settings is not None:
        yield heading(language.say("Settings"), "" if difference.settings else language.say("none changed"))
        for change in difference.settings:
            yield indented(_setting(change, language))
    if difference.schema is not None:
        yield heading(language.say("Schema"), "" if difference.schema else language.say("nothing changed"))
        for each in difference.schema[:_MOST_ROWS]:
            yield indented(_schema(each, language))
        yield from _more(len(difference.schema), language)


def _grade(grade: Grade) -> tuple[str, str]:
    return f"{grade.letter} {grade.score:.0f}", f"bold {score_style(grade.score)}"


def _confidence(before: Grade, after: Grade, language: Language) -> str:
    return language.say("confidence {before} → {after}", before=before.confidence, after=after.confidence)


def _finding(change: FindingChange, language: Language) -> Iterator[RenderableType]:
    finding = change.finding
    about = words(
        severity_change(change, language),
        f"  {finding.check}",
        (f"  {object_words(finding.object, language)}", QUIET),
        (f"  {finding.fingerprint}", QUIET),
    )
    style = _STYLES[change.trend]
    room = widest_trend(language) + 2
    yield indented(hanging(words((trend_words(change.trend, language), f"bold {style}")), about, room))
    if change.after is not None:
        yield indented(words((sentence(finding.summary, finding.facts, language), QUIET)), 2 + room)


def _categories(before: Grade, after: Grade, language: Language) -> Iterator[RenderableType]:
    old = {category.name: category.score for category in before.categories}
    moved = [
        (category.name, old[category.name], category.score)
        for category in after.categories
        if category.name in old and old[category.name] != category.score
    ]
    if moved:
        yield heading(language.say("Categories of the grade"), language.say("those that differ"))
        rows = [
            (words(category_words(name, language)), words((_score(was), QUIET)), words((_score(now), "bold")))
            for name, was, now in moved
        ]
        yield indented(table((Column("", is_figure=False), *_before_and_after(language)), rows))


def _score(score: float | None) -> str:
    return "—" if score is None else f"{score:.0f}"


def _before_and_after(language: Language) -> tuple[Column, Column]:
    return Column(language.say("before")), Column(language.say("after"))


def _figure_columns(language: Language) -> tuple[Column, ...]:
    return (Column("", is_figure=False), *_before_and_after(language), Column("", is_figure=False))


def _figure(change: FigureChange, language: Language) -> tuple[Text, ...]:
    return (
        words(label(change.name, language)),
        words((figure(change.before, change.unit, language), QUIET)),
        words((figure(change.after, change.unit, language), "bold")),
        words(("" if change.trend is Trend.SAME else trend_words(change.trend, language), _STYLES[change.trend])),
    )


def _statement_columns(language: Language) -> tuple[Column, ...]:
    return (
        Column("", is_figure=False),
        Column("", is_figure=False),
        Column(language.say("calls")),
        *_before_and_after(language),
        Column(""),
    )


def _statement(change: StatementChange, language: Language) -> tuple[Text, ...]:
    return (
        words((statement_words(change, language), _STYLES[change.trend])),
        words(shortened(change.text, _LONGEST_STATEMENT)),
        words((figure(change.calls_after, Unit.COUNT, language), QUIET)),
        words((figure(change.mean_before, Unit.MILLISECONDS, language), QUIET)),
        words((figure(change.mean_after, Unit.MILLISECONDS, language), "bold")),
        words(factor_words(change, language)),
    )


def _size_columns(language: Language) -> tuple[Column, ...]:
    return (Column("", is_figure=False), *_before_and_after(language), Column(""), Column("", is_figure=False))


def _size(change: SizeChange, language: Language) -> tuple[Text, ...]:
    return (
        words(object_words(change.object, language)),
        words((figure(change.before, Unit.BYTES, language), QUIET)),
        words((figure(change.after, Unit.BYTES, language), "bold")),
        words(growth_words(change, language)),
        words((pace_words(change, language), QUIET)),
    )


def _setting(change: SettingChange, language: Language) -> Text:
    scope = f" ({change.scope})" if change.scope else ""
    return words(
        f"{change.name}{scope}  ",
        (setting_words(change.before, change.unit, language), QUIET),
        (" → ", QUIET),
        (setting_words(change.after, change.unit, language), "bold"),
    )


def _schema(change: SchemaChange, language: Language) -> RenderableType:
    trend = schema_trend(change)
    style = {"added": GOOD, "removed": POOR, "changed": ACCENT}[trend]
    about = words(
        object_words(change.object, language), (f"  {shortened(change.after or '', _LONGEST_DEFINITION)}", QUIET)
    )
    if trend == "changed":
        about = words(
            object_words(change.object, language),
            (f"  {shortened(change.before or '', _LONGEST_DEFINITION)}", QUIET),
            " → ",
            shortened(change.after or "", _LONGEST_DEFINITION),
        )
    return hanging(words((schema_words(change, language), style)), about, widest_schema_trend(language) + 2)


def _rows(columns: Sequence[Column], rows: Sequence[Sequence[Text]], language: Language) -> Iterator[RenderableType]:
    if rows:
        yield indented(table(columns, rows[:_MOST_ROWS]))
    yield from _more(len(rows), language)


def _more(number: int, language: Language) -> Iterator[RenderableType]:
    if number > _MOST_ROWS:
        yield indented(words((more_words(number - _MOST_ROWS, language), QUIET)))
