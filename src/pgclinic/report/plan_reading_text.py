"""A plan read aloud in a terminal: where the time went, the tree, and what stands out."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from pgclinic.model.evidence import Unit
from pgclinic.model.plan_reading import PlanReading, PlanStep, Reading
from pgclinic.report.figures import figure
from pgclinic.report.plan_folding import shown
from pgclinic.report.plan_reading_words import (
    FAR,
    amount_words,
    conditions,
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
from pgclinic.report.plan_text import bar
from pgclinic.report.planning_words import planner_words
from pgclinic.report.printable import shortened
from pgclinic.report.sentences import sentence
from pgclinic.report.terminal import (
    ACCENT,
    FAIR,
    POOR,
    QUIET,
    hanging,
    heading,
    indented,
    rendered,
    severity_style,
    words,
)
from pgclinic.report.wording import counts, plural

_BAR = 8
_MOST_NODES = 60
_MOST_READINGS = 12
_LONGEST_CONDITION = 160
_LONGEST_LABEL = 120
_LONGEST_STATEMENT = 300
_DEEPEST = 14
_WARM, _HOT = 0.1, 0.3


def text(reading: PlanReading, *, width: int = 80, color: bool = False) -> str:
    """The whole reading."""
    return rendered(list(_parts(reading)), width=width, color=color)


def _parts(reading: PlanReading) -> Iterator[RenderableType]:
    yield words(("Plan", "bold"), f"   {time_words(reading)}", (f"   {plural(len(reading.steps), 'node')}", QUIET))
    if reading.statement:
        yield words((shortened(reading.statement, _LONGEST_STATEMENT), ACCENT))
    yield from _where(reading)
    for note in notes(reading):
        yield words((note, QUIET))
    yield Text()
    yield _tree(reading)
    yield heading("What stands out", _counted(reading.readings))
    if not reading.readings:
        yield indented(words("Nothing."))
    for number, item in enumerate(reading.readings[:_MOST_READINGS]):
        if number:
            yield Text()
        yield from _reading(item, reading)
    if len(reading.readings) > _MOST_READINGS:
        yield indented(words((f"and {len(reading.readings) - _MOST_READINGS} more, in the JSON", QUIET)))
    yield from _checked(reading)


def _counted(readings: Sequence[Reading]) -> str:
    return counts(readings) if readings else ""


def _where(reading: PlanReading) -> Iterator[RenderableType]:
    for place in places(reading):
        share = figure(place.share, Unit.RATIO)
        style = POOR if place.share >= _HOT else FAIR
        name = shortened(label(place.step.node), _LONGEST_LABEL)
        yield hanging(words((share, style)), words(f"in node {place.step.number}, {name}"), 8)
    if outside := outside_words(reading):
        share, _, rest = outside.partition(" % ")
        yield hanging(words((f"{share} %", FAIR)), words(rest), 8)


def _tree(reading: PlanReading) -> RenderableType:
    steps = shown(reading, _MOST_NODES)
    spoken_of = {item.step for item in reading.readings}
    grid = Table(box=None, show_header=True, header_style=QUIET, padding=(0, 1, 0, 0), pad_edge=False, expand=True)
    grid.add_column("", justify="right", no_wrap=True)
    grid.add_column("", ratio=1, overflow="fold")
    grid.add_column(words("rows"), justify="right", no_wrap=True)
    grid.add_column(words("own time" if is_timed(reading) else "cost"), justify="right", no_wrap=True)
    grid.add_column("", width=_BAR, no_wrap=True)
    for step in steps:
        share = share_of(step, reading)
        is_idle = step.node.run is not None and not step.loops
        heat = "" if not is_timed(reading) else POOR if share >= _HOT else FAIR if share >= _WARM else ""
        cells: list[RenderableType] = [
            words((str(step.number), f"bold {ACCENT}" if step.number in spoken_of else QUIET)),
            _node(step, heat, is_idle=is_idle),
            words(("—" if is_idle else figure(rows_of(step), Unit.COUNT), QUIET if is_idle else "")),
        ]
        cells.append(words((amount_words(step, reading), heat or (QUIET if share < _WARM / 10 else ""))))
        cells.append(words((bar(share, _BAR), heat or QUIET)) if share > 0 and not is_idle else words(""))
        grid.add_row(*cells)
    left = len(reading.steps) - len(steps)
    if left:
        grid.add_row("", words((f"and {plural(left, 'node')} more, in the JSON", QUIET)))
    return grid


def _node(step: PlanStep, heat: str, *, is_idle: bool) -> RenderableType:
    """The node behind its place in the tree; what it compares and what happened under it."""
    lead = "  " * (min(step.depth, _DEEPEST) - 1) + "└ " if step.depth else ""
    grid = Table.grid()
    grid.add_column(width=len(lead), no_wrap=True)
    grid.add_column(overflow="fold")
    name = shortened(label(step.node), _LONGEST_LABEL)
    grid.add_row(words((lead, QUIET)), words((name, QUIET if is_idle else heat)))
    if condition := conditions(step.node):
        grid.add_row("", words((shortened(condition, _LONGEST_CONDITION), QUIET if is_idle else ACCENT)))
    off, told = off_words(step), remarks(step)
    if off:
        style = POOR if abs(step.off) >= FAR else FAIR
        grid.add_row("", words((f"{off} rows than planned", style), (f" · {told}" if told else "", QUIET)))
    elif told:
        grid.add_row("", words((told, QUIET)))
    return grid


def _reading(item: Reading, reading: PlanReading) -> Iterator[RenderableType]:
    severity = item.severity.name.lower()
    share = "" if item.share is None else f"  {figure(item.share, Unit.RATIO)} of the time"
    node = f"node {item.step}, " if item.step else ""
    about = words(
        (f"{node}{shortened(where_words(item, reading), _LONGEST_LABEL)}", "bold"),
        (f"  {item.reading.replace('_', ' ')}{share}", QUIET),
    )
    yield hanging(words((severity, f"bold {severity_style(item.severity)}")), about, len(severity) + 2)
    yield indented(words(sentence(item.summary, item.facts)))
    yield indented(hanging(words(("→", ACCENT)), words(sentence(item.advice, item.facts)), 2))
    if item.wants_index and is_checked(reading):
        confirmed = treatment(item, reading)
        for each in confirmed:
            yield indented(words((f"{each.do[0].sql};", f"bold {ACCENT}")), 4)
        if confirmed:
            yield indented(words((f"on the twin, {gain_words(reading)}", QUIET)), 4)
        else:
            yield indented(words(("on the twin: no index was found that the planner would use here", FAIR)), 4)
    if facts := evidence(item):
        yield indented(words((" · ".join(map(evidence_words, facts)), QUIET)))
    if item.downstream:
        numbers = ", ".join(map(str, item.downstream[:_MOST_READINGS]))
        yield indented(words((f"also concerns {numbers}", QUIET)))


def _checked(reading: PlanReading) -> Iterator[RenderableType]:
    """What the twin would build for the statement, whatever the readings say."""
    if reading.course is None:
        return
    planner = planner_words(reading.course.workload.planned_by)
    told = {each.fingerprint for item in reading.readings for each in treatment(item, reading)}
    rest = [each for each in created(reading) if each.fingerprint not in told]
    yield heading("On the twin", f"planned by {planner}")
    if not created(reading):
        yield indented(words("No index was found that makes the statement cheaper."))
    for each in rest:
        yield indented(words((f"{each.do[0].sql};", f"bold {ACCENT}")))
    if rest:
        yield indented(words((gain_words(reading), QUIET)))
    elif told:
        yield indented(words("What it would build stands beside the readings above."))
