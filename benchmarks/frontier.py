"""Cost against size: what is proposed for each budget, really built, beside the published answers."""

from collections.abc import Sequence

from benchmarks.data.databases import database
from benchmarks.data.lines import LINES, Line
from benchmarks.data.planned import snapshot_of
from benchmarks.data.points import MEGABYTE, Judged, judge, search
from benchmarks.data.servers import server
from benchmarks.data.suites import SUITES, Suite
from benchmarks.report import Row
from pgclinic.advise.aims import COST, TIME
from pgclinic.advise.limits import Limits

MAJOR = 15
BUDGETS = (100, 250, 500, 1000, 2500)
"""Megabytes."""
NARROW = Limits(max_width=2, kinds=frozenset({"btree"}))
SECONDS = {"tpch": 20, "tpcds": 120}
"""From snapshot to answer for all five budgets, on two cores."""
SOLVER_GAP, DRIFT, FIDELITY = 0.001, 0.005, 0.02
MARGIN = 0.98
"""Sizes are estimated: to be no larger than a published answer really is, ask for a little less."""


def run() -> Sequence[Row]:
    rows = []
    with server(MAJOR) as source:
        for suite in SUITES:
            conninfo = database(source, suite)
            rows += _narrow(conninfo, suite)
            for objective in (COST, TIME):
                rows += _against_lines(conninfo, suite, objective)
    return rows


def _narrow(conninfo: str, suite: Suite) -> list[Row]:
    """B-tree indexes of up to two columns: how long it takes, and how sure the answer is."""
    snapshot = snapshot_of(conninfo)
    found = search(snapshot, suite, [budget * MEGABYTE for budget in BUDGETS], NARROW, COST)
    subject = f"{suite.name}, B-tree, width <= 2"
    limit = SECONDS[suite.name]
    rows = [
        Row(subject=subject, figure="plans", value=found.plans),
        Row(subject=subject, figure="candidates", value=found.candidates),
        Row(subject=subject, figure="processor time", value=found.cpu_seconds, unit="s"),
        Row(
            subject=subject,
            figure="from snapshot to answers",
            value=found.seconds,
            unit="s",
            line=f"under {limit} s",
            passes=found.seconds < limit,
        ),
    ]
    for verdict in judge(conninfo, snapshot, suite, found.points):
        rows += _certainty(verdict, subject)
    return rows


def _certainty(verdict: Judged, subject: str) -> list[Row]:
    """How sure a point is of itself, and how right it was."""
    point = verdict.point
    subject = f"{subject}, {(point.budget_bytes or 0) / MEGABYTE:.0f} MB"
    drift = abs(point.cost / verdict.replanned - 1)
    return [
        Row(subject=subject, figure="relative cost, built", value=verdict.cost),
        Row(subject=subject, figure="geometric mean, built", value=verdict.mean),
        Row(subject=subject, figure="lower bound", value=point.lower_bound),
        Row(subject=subject, figure="real size", value=verdict.bytes / MEGABYTE, unit="MB"),
        _at_most(subject, "solver gap", 100 * point.solver_gap, 100 * SOLVER_GAP),
        _at_most(subject, "program's cost from re-planned", 100 * drift, 100 * DRIFT),
        _at_most(subject, "worst query from the server's", 100 * verdict.worst, 100 * FIDELITY),
    ]


def _at_most(subject: str, figure: str, percent: float, most: float) -> Row:
    line = f"at most {most:g} %"
    return Row(subject=subject, figure=figure, value=percent, unit="%", line=line, passes=percent <= most)


def _against_lines(conninfo: str, suite: Suite, objective: str) -> list[Row]:
    """Every kind and width, at the size of each published answer: the smallest of ours that is no larger must win."""
    snapshot = snapshot_of(conninfo)
    sizes = sorted({*BUDGETS, *(line.megabytes for line in LINES[suite.name])})
    found = search(snapshot, suite, [int(size * MEGABYTE * MARGIN) for size in sizes], Limits(), objective)
    verdicts = judge(conninfo, snapshot, suite, found.points)
    subject = f"{suite.name}, every kind, by {objective}"
    rows = [Row(subject=subject, figure="from snapshot to answers", value=found.seconds, unit="s")]
    for line in LINES[suite.name]:
        rows += _beside(line, verdicts, subject, objective)
    return rows


def _beside(line: Line, verdicts: Sequence[Judged], subject: str, objective: str) -> list[Row]:
    small = [each for each in verdicts if each.bytes <= line.megabytes * MEGABYTE]
    at = f"{subject}, {line.megabytes} MB"
    rows = []
    if objective == COST:
        cost = min((each.cost for each in small), default=1.0)
        said = f"{line.cost:g} {line.who}"
        rows.append(Row(subject=at, figure="relative cost, built", value=cost, line=said, passes=cost < line.cost))
    elif line.mean is not None:
        mean = min((each.mean for each in small), default=1.0)
        said = f"{line.mean:g} {line.who}"
        rows.append(Row(subject=at, figure="geometric mean, built", value=mean, line=said, passes=mean < line.mean))
    return rows
