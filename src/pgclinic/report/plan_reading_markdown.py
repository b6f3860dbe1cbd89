"""A plan read aloud as Markdown, for a pull request or a ticket."""

import re
from collections.abc import Iterator

from pgclinic.model.evidence import Unit
from pgclinic.model.plan_reading import PlanReading, PlanStep, Reading
from pgclinic.report.figures import figure
from pgclinic.report.plan_folding import shown
from pgclinic.report.plan_reading_words import (
    amount_words,
    created,
    evidence,
    evidence_words,
    gain_words,
    is_checked,
    is_timed,
    label,
    notes,
    off_words,
    outside_words,
    places,
    remarks,
    rows_of,
    share_of,
    time_words,
    treatment,
    where_words,
)
from pgclinic.report.printable import shortened
from pgclinic.report.sentences import sentence

_MOST_NODES = 100
_LONGEST = 120
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!&@$:])")
_MARKS = {"critical": "🔴", "warning": "🟠", "notice": "🔵", "info": "⚪"}


def markdown(reading: PlanReading) -> str:
    """The document, ending with a line feed."""
    return "\n".join(_lines(reading)) + "\n"


def _lines(reading: PlanReading) -> Iterator[str]:
    yield f"### Plan: {_plain(time_words(reading))}"
    yield ""
    for place in places(reading):
        node = f"{place.step.number}, {_plain(label(place.step.node))}"
        yield f"- **{figure(place.share, Unit.RATIO)}** of the time in node {node}"
    if outside := outside_words(reading):
        yield f"- {_plain(outside)}"
    for note in notes(reading):
        yield f"- {_plain(note)}"
    yield ""
    yield f"| | node | rows | than planned | {'own time' if is_timed(reading) else 'cost'} | |"
    yield "|--:|:--|--:|--:|--:|--:|"
    steps = shown(reading, _MOST_NODES)
    for step in steps:
        yield _row(step, reading)
    if len(steps) < len(reading.steps):
        yield ""
        yield f"and {len(reading.steps) - len(steps)} more nodes, in the JSON"
    yield ""
    yield "#### What stands out"
    yield ""
    if not reading.readings:
        yield "Nothing."
    for item in reading.readings:
        yield from _reading(item, reading)
    yield from _rest(reading)


def _row(step: PlanStep, reading: PlanReading) -> str:
    told = remarks(step)
    node = "&nbsp;&nbsp;" * step.depth + _plain(label(step.node)) + (f"<br>*{_plain(told)}*" if told else "")
    is_idle = step.node.run is not None and not step.loops
    rows = "—" if is_idle else figure(rows_of(step), Unit.COUNT)
    share = figure(share_of(step, reading), Unit.RATIO) if is_timed(reading) and not is_idle else ""
    return f"| {step.number} | {node} | {rows} | {off_words(step)} | {amount_words(step, reading)} | {share} |"


def _reading(item: Reading, reading: PlanReading) -> Iterator[str]:
    severity = item.severity.name.lower()
    node = f"node {item.step}, {_plain(where_words(item, reading))}" if item.step else "the whole statement"
    yield f"- {_MARKS[severity]} **{severity}**, {node} ({item.reading.replace('_', ' ')}): " + _plain(
        sentence(item.summary, item.facts)
    )
    yield f"  → {_plain(sentence(item.advice, item.facts))}"
    if item.wants_index and is_checked(reading):
        confirmed = treatment(item, reading)
        for each in confirmed:
            yield f"  On the twin: {_code(each.do[0].sql)}"
        if confirmed:
            yield f"  {gain_words(reading)}"
        else:
            yield "  On the twin no index was found that the planner would use here."
    if facts := evidence(item):
        yield f"  *{_plain(' · '.join(map(evidence_words, facts)))}*"


def _rest(reading: PlanReading) -> Iterator[str]:
    told = {each.fingerprint for item in reading.readings for each in treatment(item, reading)}
    rest = [each for each in created(reading) if each.fingerprint not in told]
    if rest:
        yield ""
        yield f"On the twin these would make the statement cheaper too; {gain_words(reading)}:"
        yield ""
    for each in rest:
        yield f"- {_code(each.do[0].sql)}"


def _plain(text: str) -> str:
    """Text of others that no reader of Markdown acts upon: no markup, no mention, no link."""
    return _MARKUP.sub(r"\\\1", shortened(text, 4 * _LONGEST)).replace("\\&", "&amp;").replace("\\<", "&lt;")


def _code(sql: str) -> str:
    """SQL between more backticks than it holds."""
    line = shortened(sql, 4 * _LONGEST)
    fence = "`" * (max((len(run) for run in re.findall(r"`+", line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"`{line}`"
