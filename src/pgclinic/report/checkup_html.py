"""The checkup as a page that stands on its own."""

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from markupsafe import Markup

from pgclinic.charts.grade_ring import grade_ring
from pgclinic.charts.ranked_bars import RankedBar, ranked_bars
from pgclinic.charts.treemap import Area, treemap
from pgclinic.model.checkup import Checkup
from pgclinic.model.evidence import Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.overview import Overview, StatementTime, TableSize, TableTime
from pgclinic.model.prescription import Statement
from pgclinic.report.check_words import toml_value
from pgclinic.report.checkup_words import (
    Group,
    by_severity,
    cap_words,
    common_advice,
    doubt_words,
    evidence,
    groups,
    hidden_from,
    left_out_words,
    next_step,
    notable,
    points_words,
    reason_of,
    severity_heading,
    texts,
    unjudged,
)
from pgclinic.report.figures import figure
from pgclinic.report.html import copy_script, rendered, safe
from pgclinic.report.language import ENGLISH, Language
from pgclinic.report.printable import printable, shortened
from pgclinic.report.wording import counts

MOST_IN_FULL = 12
"""Findings of one check that are told in full."""
MOST_NAMED = 40
"""Findings of one check that are at least named; the others are counted."""
MOST_IN_FULL_OF_ALL = 150
MOST_NAMED_OF_ALL = 400
"""On the whole page: from there on one of each check is told in full and the others are counted."""
MOST_BLIND_SPOTS = 60
_MOST_FIRST = 5
_MOST_BARS = 10
_NARROW = 340
_NARROW_HEIGHT = 300
_LONGEST_SQL = 4_000
_LONGEST_STATEMENT = 1_500
_LEAST_POINTS = 0.05
_LEAST_SHARE = 0.001
Timed = TypeVar("Timed", StatementTime, TableTime)


class Told(msgspec.Struct, frozen=True):
    """A group as the page shows it: some in full, some by name, the others counted."""

    group: Group
    points: str
    advice: str
    in_full: tuple[Finding, ...]
    named: tuple[Finding, ...]
    uncounted: int


def page(checkup: Checkup, language: Language = ENGLISH) -> str:
    """One HTML document without anything from outside; its only script copies SQL."""
    script, script_hash = copy_script()
    told = values(checkup, language)
    return rendered("checkup.html", lang=language.code, script=script, script_hash=script_hash, **told)


def values(checkup: Checkup, language: Language) -> dict[str, Any]:
    """What the templates tell of a checkup, by the names that they know it by."""
    grade = checkup.grade
    found = groups(checkup)
    told = _told(found, language)
    of = language.say("{score} of 100", score=f"{grade.score:.0f}")
    command, purpose = next_step(checkup, language)
    return {
        "checkup": checkup,
        "ring": safe(grade_ring(grade.score, grade.letter, label=language.say("Grade"), of=of)),
        "counts": counts(checkup.findings, language),
        "counts_aside": counts([each.finding for each in checkup.set_aside], language),
        "cap": cap_words(grade, language),
        "doubts": [doubt_words(doubt, language) for doubt in notable(grade.doubts)],
        "first": _first(found, language),
        "sections": [
            (severity, severity_heading(severity, members, language), [told[each.anchor] for each in members])
            for severity, members in by_severity(found)
        ],
        "command": command,
        "purpose": purpose,
        "charts": _charts(checkup.overview, language),
        "blind_spots": [(spot, reason_of(spot, language)) for spot in hidden_from(checkup)[:MOST_BLIND_SPOTS]],
        "more_blind_spots": len(hidden_from(checkup)[MOST_BLIND_SPOTS:]),
        "unjudged": unjudged(checkup, language),
        "left_out": left_out_words(checkup, language),
        "thresholds": [
            (f"{each.check}.{each.name}", toml_value(each.value), toml_value(each.default))
            for each in checkup.thresholds
        ],
        "evidence": evidence,
        "texts": _texts,
        "sql": _sql,
    }


def _first(found: Sequence[Group], language: Language) -> list[tuple[Group, str]]:
    """Danger first, then the groups whose cure gives back most, where it gives anything."""
    worth = (each for each in found if each.severity is Severity.CRITICAL or each.points >= _LEAST_POINTS)
    best = sorted(worth, key=lambda group: (group.severity is not Severity.CRITICAL, -group.points))
    return [(group, points_words(group.points, language)) for group in best[:_MOST_FIRST]]


def _told(found: Sequence[Group], language: Language) -> dict[str, Told]:
    """What is told of each group, by its anchor: the worst first get the room that there is."""
    in_full, named = MOST_IN_FULL_OF_ALL, MOST_NAMED_OF_ALL
    told = {}
    for group in found:
        first = group.findings[: max(min(MOST_IN_FULL, in_full), 1)]
        then = group.findings[len(first) :][: max(min(MOST_NAMED, named), 0)]
        in_full, named = in_full - len(first), named - len(then)
        told[group.anchor] = Told(
            group=group,
            points=points_words(group.points, language),
            advice=common_advice(group, language) if len(group.findings) > 1 else "",
            in_full=first,
            named=then,
            uncounted=len(group.findings) - len(first) - len(then),
        )
    return told


def _texts(finding: Finding) -> list[str]:
    return [_cut(text, _LONGEST_STATEMENT) for text in texts(finding)]


def _sql(statements: Sequence[Statement]) -> tuple[str, bool]:
    """The statements as one text to be copied, and whether that is what would really have to be run."""
    whole = "\n".join(f"{statement.sql};" for statement in statements)
    shown = printable(_cut(whole, _LONGEST_SQL), lines=True)
    return shown, shown == whole


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest] + " …"


def _charts(seen: Overview, language: Language) -> list[tuple[str, str, Markup, Markup, bool]]:
    """Title, what it shows, the chart, the chart for a small screen, and whether it has parts to be told apart."""
    charts = []
    time, of_all = language.say("Where the time goes"), language.say("share of all time")
    if seen.statements and seen.total_ms > 0:
        shown = _seen(seen.statements, seen.total_ms)
        bars = [
            _bar(shortened(each.text, 140), each.total_ms, seen.total_ms, language, calls=each.calls) for each in shown
        ]
        others = seen.other_statements + len(seen.statements) - len(shown)
        lead = language.say_many(
            "By statement, measured; {number} more takes the rest.",
            "By statement, measured; {number} more take the rest.",
            others,
        )
        charts.append((time, lead, *_both(bars, f"{time}: {of_all}"), False))
    total = sum(each.total_ms for each in seen.times) + seen.other_times_ms
    if seen.times and total > 0:
        bars = [
            _bar(shortened(str(each.table), 80), each.total_ms, total, language) for each in _seen(seen.times, total)
        ]
        lead = language.say(
            "By table, estimated: a statement's time is divided among its tables by the pages asked for."
        )
        charts.append((time, lead, *_both(bars, f"{time}: {of_all}"), False))
    if seen.sizes:
        space = language.say("Where the space goes")
        areas = [_area(size, language) for size in seen.sizes]
        if seen.other_sizes:
            many = language.say_many("{number} more table", "{number} more tables", seen.other_sizes)
            word = figure(seen.other_sizes_bytes, Unit.BYTES, language)
            areas.append(Area(many, word, (float(seen.other_sizes_bytes),), f"{many}: {word}", is_rest=True))
        lead = language.say("Each table by its size on disk, measured.")
        wide = safe(treemap(areas, label=space))
        narrow = safe(treemap(areas, label=space, width=_NARROW, height=_NARROW_HEIGHT))
        charts.append((space, lead, wide, narrow, True))
    return charts


def _seen(parts: Sequence[Timed], total: float) -> list[Timed]:
    """The first ones, as long as a bar would show anything of them."""
    return [part for part in parts[:_MOST_BARS] if part.total_ms >= total * _LEAST_SHARE] or list(parts[:1])


def _bar(name: str, value: float, total: float, language: Language, calls: int | None = None) -> RankedBar:
    share, spent = figure(value / total, Unit.RATIO, language), figure(value, Unit.MILLISECONDS, language)
    word = f"{share} · {spent}"
    title = f"{name}: {word}"
    if calls is not None:
        title += f", {language.say_many('{number} call', '{number} calls', calls)}"
    return RankedBar(name, value / total, word, title)


def _both(bars: Sequence[RankedBar], label: str) -> tuple[Markup, Markup]:
    return safe(ranked_bars(bars, label=label)), safe(ranked_bars(bars, label=label, width=_NARROW))


def _area(size: TableSize, language: Language) -> Area:
    name, total = shortened(str(size.table), 80), figure(size.total_bytes, Unit.BYTES, language)
    title = language.say(
        "{table}: {total}; rows {heap}, indexes {indexes}, TOAST {toast}",
        table=name,
        total=total,
        heap=figure(size.heap_bytes, Unit.BYTES, language),
        indexes=figure(size.index_bytes, Unit.BYTES, language),
        toast=figure(size.toast_bytes, Unit.BYTES, language),
    )
    return Area(name, total, (float(size.heap_bytes), float(size.index_bytes), float(size.toast_bytes)), title)
