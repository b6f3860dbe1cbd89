"""How a plan that was read aloud is worded, in every format alike. Names in it are as they came, not yet printable."""

import re

import msgspec

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.plan import NodeRun, PlanNode
from pgclinic.model.plan_reading import PlanReading, PlanStep, Reading
from pgclinic.model.prescription import Prescription
from pgclinic.report.figures import fact_figure, figure
from pgclinic.report.planning_words import factor
from pgclinic.report.wording import plural

NOTABLE = 2
"""Times as many rows as planned, or as few, from which on a report says so."""
FAR = 10
"""Times from which on it is shown as bad."""
_HEAVY = 0.1
_MOST_PLACES = 3
_OUTSIDE = 0.05
RULE_OF_THUMB = (
    "What to do is a rule of thumb here: nothing was planned. Give --target (and --query where the plan does not tell "
    "its statement), and indexes are tried on the twin."
)
NOT_RUN = "It was not executed: costs and rows are the planner's. With explain (analyze, buffers) there is more to see."
NO_TIMES = "It was executed without TIMING: there are rows to compare, and no times."
NO_BUFFERS = "BUFFERS was off: how much each node read is not known."


class Place(msgspec.Struct, frozen=True):
    """Where a good part of the time went."""

    step: PlanStep
    share: float


def label(node: PlanNode) -> str:
    """The node as EXPLAIN's text form names it, after the part of the query that it answers."""
    words = f"{node.part}: " if node.part else ""
    words += node.title or node.node_type
    if node.index:
        words += f" on {node.index}" if node.node_type == "Bitmap Index Scan" else f" using {node.index}"
    target = node.relation or node.source
    if target:
        words += f" on {target}"
        if node.alias and node.alias != target:
            words += f" {node.alias}"
    return words


def conditions(node: PlanNode) -> str:
    """What it compares, sorts or groups by."""
    parts = (
        f"by {node.keys}" if node.keys else "",
        node.join_condition,
        node.condition,
        f"join filter {node.join_filter}" if node.join_filter else "",
        f"filter {node.filter}" if node.filter else "",
    )
    return " · ".join(part for part in parts if part)


def remarks(step: PlanStep) -> str:
    """What was measured of it beside rows and time."""
    run = step.node.run
    if run is None:
        planned = f"{plural(step.node.workers_planned, 'worker')} planned" if step.node.workers_planned else ""
        return " · ".join(part for part in (planned, _pruned(step.node)) if part)
    if not run.loops:
        return "never executed"
    return " · ".join(part for part in (*_repeated(step, run), *_work(step.node, run), _pruned(step.node)) if part)


def off_words(step: PlanStep) -> str:
    """As in ``12 times more`` (as a figure), empty where the planner was nearly right."""
    size = abs(step.off)
    if size < NOTABLE:
        return ""
    return f"{figure(float(round(size)), Unit.TIMES)} {'more' if step.off > 0 else 'fewer'}"


def rows_of(step: PlanStep) -> float:
    """Rows in all, or those expected where nothing was executed."""
    return step.node.rows if step.node.run is None else step.rows


def share_of(step: PlanStep, reading: PlanReading) -> float:
    """The part of the time that is the node's own; of the cost, with what is below it, where nothing was timed."""
    if step.own_ms is not None and reading.total_ms:
        return step.own_ms / reading.total_ms
    if is_timed(reading):
        return 0.0
    highest = max(each.node.total_cost for each in reading.steps)
    return step.node.total_cost / highest if highest else 0.0


def is_timed(reading: PlanReading) -> bool:
    """Whether the nodes have times."""
    return reading.outside_ms is not None


def amount_words(step: PlanStep, reading: PlanReading) -> str:
    """What the bar beside the node shows."""
    if is_timed(reading):
        never = step.node.run is None or not step.node.run.loops
        return "—" if never else figure(_rounded(step.own_ms or 0.0), Unit.MILLISECONDS)
    return figure(step.node.total_cost, Unit.COST)


def places(reading: PlanReading) -> list[Place]:
    """Where most of the time went, the most first."""
    found = [Place(step, share_of(step, reading)) for step in reading.steps] if is_timed(reading) else []
    heavy = [place for place in found if place.share >= _HEAVY]
    return sorted(heavy, key=lambda place: (-place.share, place.step.number))[:_MOST_PLACES]


def outside_words(reading: PlanReading) -> str:
    """What no node took, where it is worth a word."""
    outside, total = reading.outside_ms, reading.total_ms
    if not outside or not total or outside < _OUTSIDE * total:
        return ""
    triggers = sum(each.ms or 0.0 for each in reading.explained.triggers)
    share = figure(outside / total, Unit.RATIO)
    if triggers >= outside / 2:
        return f"{share} ({figure(outside, Unit.MILLISECONDS)}) outside of the nodes, most of it in triggers"
    return f"{share} ({figure(outside, Unit.MILLISECONDS)}) outside of the nodes: starting, ending and sending rows"


def time_words(reading: PlanReading) -> str:
    """How long it took, or what it would cost."""
    explained = reading.explained
    if reading.total_ms is not None and explained.root.run is not None:
        words = f"ran {figure(_rounded(reading.total_ms), Unit.MILLISECONDS)}"
        if explained.planning_ms is not None:
            words += f", planned in {figure(explained.planning_ms, Unit.MILLISECONDS)}"
        return f"{words} (measured)"
    words = f"cost {figure(explained.root.total_cost, Unit.COST)} (planned)"
    return f"{words}, executed without times" if explained.root.run is not None else words


def notes(reading: PlanReading) -> list[str]:
    """What could not be seen, and which plan of several it is."""
    found = []
    if reading.plans > 1:
        found.append(f"Plan {reading.number} of {reading.plans}; --number reads another one.")
    root = reading.explained.root
    if root.run is None:
        found.append(NOT_RUN)
    elif not is_timed(reading):
        found.append(NO_TIMES)
    elif all(step.node.run is None or step.node.run.buffers is None for step in reading.steps):
        found.append(NO_BUFFERS)
    if not is_checked(reading) and any(each.wants_index for each in reading.readings):
        found.append(RULE_OF_THUMB)
    return found


def is_checked(reading: PlanReading) -> bool:
    """Whether a twin was asked."""
    return reading.course is not None


def where_words(item: Reading, reading: PlanReading) -> str:
    """The node that a reading is about."""
    return label(reading.steps[item.step - 1].node) if item.step else "the whole statement"


def evidence(item: Reading) -> list[Fact]:
    """The figures of a reading."""
    return [fact for fact in item.facts if fact.unit not in {Unit.TEXT, Unit.PHRASE}]


def evidence_words(fact: Fact) -> str:
    """A figure with its name, and where it comes from unless it was measured."""
    origin = "" if fact.provenance is Provenance.MEASURED else f" ({fact.provenance.value})"
    return f"{fact.name.replace('_', ' ')} {fact_figure(fact)}{origin}"


def treatment(item: Reading, reading: PlanReading) -> list[Prescription]:
    """The indexes that the twin confirmed on the tables that a reading is about."""
    if reading.course is None or not item.wants_index:
        return []
    steps = [reading.steps[number - 1] for number in (item.step, *item.downstream) if number]
    if not any(step.node.relation for step in steps):
        steps = [reading.steps[number - 1] for number in _below(item.step, reading)]
    tables = {step.node.relation for step in steps if step.node.relation}
    near = [each for each in created(reading) if each.table.name in tables]
    texts = " ".join(conditions(step.node) for step in steps)
    return [each for each in near if any(_stands_in(column, texts) for column in _columns(each))] or near


def created(reading: PlanReading) -> list[Prescription]:
    """Everything that the twin would build for the statement."""
    return [each for each in reading.course.prescriptions if each.kind == "create_index"] if reading.course else []


def gain_words(reading: PlanReading) -> str:
    """What all that the twin would build does to the statement's cost."""
    made = created(reading)
    gains = [gain for each in made for gain in each.gains]
    if not gains:
        return "planned"
    before, after = max(gain.cost_before for gain in gains), min(gain.cost_after for gain in gains)
    together = "all of them: " if len(made) > 1 else ""
    return f"{together}cost {figure(before, Unit.COST)} → {figure(after, Unit.COST)}, {factor(before, after)} (planned)"


def _columns(prescription: Prescription) -> list[str]:
    return [key.expression for each in prescription.do if each.makes for key in each.makes.keys if key.is_column]


def _stands_in(column: str, texts: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(column)}(?![\w$])", texts) is not None


def _below(number: int, reading: PlanReading) -> list[int]:
    step, found = reading.steps[number - 1], []
    for each in reading.steps[number:]:
        if each.depth <= step.depth:
            break
        found.append(each.number)
    return found


def _repeated(step: PlanStep, run: NodeRun) -> list[str]:
    found = []
    if step.processes >= NOTABLE:
        found.append(f"{figure(round(step.processes), Unit.COUNT)} processes")
    rounds = run.loops / max(step.processes, 1)
    if rounds >= NOTABLE:
        found.append(f"{figure(round(rounds), Unit.COUNT)} rounds")
    if run.workers_launched is not None:
        found.append(f"{run.workers_launched} of {plural(step.node.workers_planned, 'worker')} launched")
    return found


def _work(node: PlanNode, run: NodeRun) -> list[str]:
    removed = (run.removed_by_filter + run.removed_by_join_filter + run.removed_by_recheck) * run.loops
    found = [
        f"{figure(removed, Unit.COUNT)} thrown away" if removed else "",
        run.method,
        f"{figure(run.disk_kb * 1024, Unit.BYTES)} on disk" if run.disk_kb else "",
        f"{run.batches:,} batches" if run.batches > 1 else "",
        f"{figure(run.heap_fetches, Unit.COUNT)} heap fetches" if run.heap_fetches else "",
        f"{run.lossy_blocks:,} lossy blocks" if run.lossy_blocks else "",
        f"{run.cache_hits:,} hits, {run.cache_misses:,} misses" if node.node_type == "Memoize" else "",
    ]
    return [each for each in found if each]


def _pruned(node: PlanNode) -> str:
    return f"{plural(node.pruned, 'partition')} removed" if node.pruned else ""


def _rounded(ms: float) -> float:
    """Microseconds at best: EXPLAIN tells no less."""
    return round(ms, 3)
