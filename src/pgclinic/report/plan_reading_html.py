"""A plan read aloud as a page that stands on its own."""

from collections.abc import Sequence

from markupsafe import Markup

from pgclinic.charts.plan_tree import Branch, plan_tree
from pgclinic.model.evidence import Unit
from pgclinic.model.plan_reading import PlanReading, PlanStep
from pgclinic.report.figures import figure
from pgclinic.report.html import rendered
from pgclinic.report.plan_folding import shown
from pgclinic.report.plan_reading_words import (
    FAR,
    amount_words,
    conditions,
    created,
    evidence,
    gain_words,
    is_timed,
    label,
    notes,
    off_words,
    outside_words,
    places,
    remarks,
    rows_of,
    share_of,
    treatment,
    where_words,
)
from pgclinic.report.planning_words import planner_words
from pgclinic.report.printable import printable, shortened

_WIDE, _NARROW = 912, 340
_MOST_NODES = 200
_LONGEST = 300
_WARM, _HOT = 0.1, 0.3


def page(reading: PlanReading) -> str:
    """One HTML document without anything from outside."""
    wide, narrow = trees(reading)
    told = {each.fingerprint for item in reading.readings for each in treatment(item, reading)}
    return rendered(
        "plan_reading.html",
        reading=reading,
        explained=reading.explained,
        is_timed=is_timed(reading),
        places=[(place, label(place.step.node)) for place in places(reading)],
        outside=outside_words(reading),
        notes=notes(reading),
        tree=wide,
        tree_narrow=narrow,
        hidden=len(reading.steps) - len(shown(reading, _MOST_NODES)),
        items=[
            (item, where_words(item, reading), treatment(item, reading), evidence(item)) for item in reading.readings
        ],
        rest=[each for each in created(reading) if each.fingerprint not in told],
        gain=gain_words(reading),
        planner=planner_words(reading.course.workload.planned_by) if reading.course else "",
        read_blocks=_blocks(reading),
    )


def trees(reading: PlanReading) -> tuple[Markup, Markup]:
    """The plan as a picture, for a wide screen and for a narrow one."""
    branches = _branches(shown(reading, _MOST_NODES), reading)
    amounts = "own time" if is_timed(reading) else "cost"
    wide, narrow = (plan_tree(branches, amounts=amounts, width=width) for width in (_WIDE, _NARROW))
    return _safe(wide), _safe(narrow)


def _branches(steps: Sequence[PlanStep], reading: PlanReading) -> list[Branch]:
    spoken_of = {item.step for item in reading.readings}
    positions = {step.number: position for position, step in enumerate(steps)}
    return [
        Branch(
            number=step.number,
            depth=step.depth,
            parent=positions.get(step.parent, -1),
            label=shortened(label(step.node), _LONGEST),
            note=_note(step),
            rows="—" if _is_idle(step) else figure(rows_of(step), Unit.COUNT),
            amount=amount_words(step, reading),
            share=share_of(step, reading),
            tone=_tone(step, reading),
            off=off_words(step),
            off_tone="poor" if abs(step.off) >= FAR else "fair",
            is_marked=step.number in spoken_of,
        )
        for step in steps
    ]


def _note(step: PlanStep) -> str:
    return shortened(" · ".join(part for part in (remarks(step), conditions(step.node)) if part), _LONGEST)


def _is_idle(step: PlanStep) -> bool:
    return step.node.run is not None and not step.loops


def _tone(step: PlanStep, reading: PlanReading) -> str:
    if _is_idle(step):
        return "idle"
    share = share_of(step, reading)
    if not is_timed(reading):
        return "cool"
    return "hot" if share >= _HOT else "warm" if share >= _WARM else "cool"


def _blocks(reading: PlanReading) -> str:
    run = reading.explained.root.run
    if run is None or run.buffers is None:
        return ""
    return printable(figure(run.buffers.touched, Unit.COUNT))


def _safe(chart: str) -> Markup:
    return Markup(chart)  # noqa: S704 - the chart escapes its texts
