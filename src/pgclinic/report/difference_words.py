"""Words about the difference between two visits that several formats share."""

from pgclinic.model.difference import Difference, FindingChange, SchemaChange, SizeChange, StatementChange, Trend
from pgclinic.model.evidence import Unit
from pgclinic.report.figures import figure
from pgclinic.report.language import ENGLISH, Language, later
from pgclinic.report.wording import severity_words

_DAY = 86_400
_TRENDS = {
    Trend.NEW: later("new"),
    Trend.WORSE: later("worse"),
    Trend.FIRST_SEEN: later("first seen"),
    Trend.BETTER: later("better"),
    Trend.CURED: later("cured"),
    Trend.OUT_OF_SIGHT: later("out of sight"),
    Trend.SAME: later("same"),
}
_BYTES_OF_UNIT = {"B": 1, "kB": 1 << 10, "8kB": 8 << 10, "MB": 1 << 20, "GB": 1 << 30}
_OF_STATEMENTS = {
    Trend.WORSE: later("slower"),
    Trend.BETTER: later("faster"),
    Trend.NEW: later("new"),
    Trend.OUT_OF_SIGHT: later("not asked"),
}
_OF_SCHEMA = {"added": later("added"), "removed": later("removed"), "changed": later("changed")}
_COUNTED = (later("rows inserted"), later("rows updated"), later("rows deleted"))
"""What the server counts, under the names that the facts have."""
_VERDICTS = {"better": later("better"), "worse": later("worse"), "as before": later("as before")}


def span_words(seconds: float, language: Language = ENGLISH) -> str:
    """The time between the visits: ``7.0 days`` or a shorter unit."""
    if seconds < 2 * _DAY:
        return figure(seconds, Unit.SECONDS, language)
    return language.say("{number} days", number=language.number(f"{seconds / _DAY:.1f}"))


def verdict(difference: Difference) -> str:
    """``better``, ``worse`` or ``as before``, for the whole: in English, a key."""
    if difference.is_worse:
        return "worse"
    before, after = difference.before.grade.score, difference.after.grade.score
    cured = any(change.trend in {Trend.CURED, Trend.BETTER} for change in difference.findings)
    return "better" if after > before or (after == before and cured) else "as before"


def verdict_words(difference: Difference, language: Language = ENGLISH) -> str:
    """The verdict for people."""
    return language.say(_VERDICTS[verdict(difference)])


def score_words(difference: Difference, language: Language = ENGLISH) -> str:
    """As in ``+6.2 points``."""
    change = difference.after.grade.score - difference.before.grade.score
    if not round(change, 1):
        return language.say("the same score")
    return language.say("{change} points", change=language.number(f"{change:+.1f}"))


def counts_words(difference: Difference, language: Language = ENGLISH) -> str:
    """As in ``2 new, 1 worse, 3 cured, 12 as before``."""
    found = [
        (sum(change.trend is trend for change in difference.findings), trend_words(trend, language))
        for trend in _TRENDS
        if trend is not Trend.SAME
    ]
    found = [(number, word) for number, word in found if number] + [(difference.unchanged, language.say("as before"))]
    return ", ".join(f"{number} {word}" for number, word in found)


def trend_words(trend: Trend, language: Language = ENGLISH) -> str:
    """Which way something went."""
    return language.say(_TRENDS[trend])


def widest_trend(language: Language = ENGLISH) -> int:
    """The most characters that a trend's word has."""
    return max(len(trend_words(trend, language)) for trend in Trend)


def severity_change(change: FindingChange, language: Language = ENGLISH) -> str:
    """``warning``, or ``notice → warning`` where it differs."""
    names = [severity_words(each, language) for each in (change.before, change.after) if each is not None]
    return " → ".join(dict.fromkeys(names))


def statement_trend(change: StatementChange) -> str:
    """What happened to a statement: in English, a key."""
    return _OF_STATEMENTS[change.trend]


def statement_words(change: StatementChange, language: Language = ENGLISH) -> str:
    """What happened to a statement."""
    return language.say(statement_trend(change))


def times_words(change: StatementChange, language: Language = ENGLISH) -> str:
    """How many times slower or faster; empty without both means."""
    factor = factor_words(change, language)
    if not change.times:
        return factor
    if change.times > 1:
        return language.say("{factor} slower", factor=factor)
    return language.say("{factor} faster", factor=factor)


def factor_words(change: StatementChange, language: Language = ENGLISH) -> str:
    """How many times; empty without both means."""
    return figure(max(change.times, 1 / change.times), Unit.TIMES, language) if change.times else ""


def setting_words(value: str | None, unit: str, language: Language = ENGLISH) -> str:
    """A setting's value for people: sizes in the unit that reads best, as PostgreSQL's own SHOW does."""
    if value is None:
        return language.say("not set")
    if unit in _BYTES_OF_UNIT and value.isdigit():
        return figure(int(value) * _BYTES_OF_UNIT[unit], Unit.BYTES, language)
    if unit and value.lstrip("-").replace(".", "", 1).isdigit():
        return f"{value} {unit}"
    return value or language.say("empty")


def growth_words(change: SizeChange, language: Language = ENGLISH) -> str:
    """How much more or less: ``+1.2 GB``."""
    sign = "+" if change.grown >= 0 else "\N{MINUS SIGN}"
    return f"{sign}{figure(abs(change.grown), Unit.BYTES, language)}"


def pace_words(change: SizeChange, language: Language = ENGLISH) -> str:
    """Bytes a day, where that is known and it grew; what is new or gone says so."""
    if change.before is None:
        return language.say("new")
    if change.after is None:
        return language.say("gone")
    if change.a_day is None or change.a_day <= 0:
        return ""
    return language.say("{size} a day", size=figure(change.a_day, Unit.BYTES, language))


def schema_trend(change: SchemaChange) -> str:
    """``added``, ``removed`` or ``changed``: in English, a key."""
    if change.before is None:
        return "added"
    return "removed" if change.after is None else "changed"


def schema_words(change: SchemaChange, language: Language = ENGLISH) -> str:
    """What happened to an object."""
    return language.say(_OF_SCHEMA[schema_trend(change)])


def widest_schema_trend(language: Language = ENGLISH) -> int:
    """The most characters that such a word has."""
    return max(len(language.say(word)) for word in _OF_SCHEMA.values())


def more_words(number: int, language: Language = ENGLISH) -> str:
    """The last line of a list that was cut."""
    return language.say_many(
        "and {number} more; --format json has all", "and {number} more; --format json has all", number
    )
