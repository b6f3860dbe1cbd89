"""The demo's result as a page that stands on its own."""

from collections.abc import Sequence

from markupsafe import Markup

from pgclinic.charts.before_after import Pair, before_after
from pgclinic.charts.grade_ring import grade_ring
from pgclinic.charts.time_shares import COLORS, Bar, time_shares
from pgclinic.model.demonstration import Demonstration
from pgclinic.model.evidence import Unit
from pgclinic.model.proof import Comparison, Latencies
from pgclinic.report.figures import figure
from pgclinic.report.html import rendered
from pgclinic.report.ledger_text import calibration_words
from pgclinic.report.printable import printable
from pgclinic.report.proof_words import conclusion, interval, method, pages
from pgclinic.report.wording import counts

_NARROW = 340
_LEAST_MS = 0.001
"""A logarithmic scale has no zero; nothing is measured below a microsecond."""


def page(result: Demonstration) -> str:
    """One HTML document without anything from outside."""
    before, after = result.before, result.after
    remaining = {finding.fingerprint for finding in after.findings}
    cured = [finding for finding in before.findings if finding.fingerprint not in remaining]
    names, bars = _shares(result.proof.statements)
    pairs = pairs_of(result.proof.statements)
    return rendered(
        "demo.html",
        result=result,
        ring_before=_safe(grade_ring(before.grade.score, before.grade.letter, label="Grade before")),
        ring_after=_safe(grade_ring(after.grade.score, after.grade.letter, label="Grade after")),
        best=sorted((pair for pair in result.goals if pair.times is not None), key=lambda goal: -(goal.times or 0))[:3],
        chart=_safe(before_after(pairs)) if pairs else "",
        chart_narrow=_safe(before_after(pairs, width=_NARROW)) if pairs else "",
        shares=_safe(time_shares(bars, names)) if names else "",
        shares_narrow=_safe(time_shares(bars, names, width=_NARROW)) if names else "",
        share_names=names,
        was={category.name: category.score for category in before.grade.categories if category.score is not None},
        cured=cured,
        conclusion=conclusion(result.proof),
        method=method(result.proof),
        interval=interval,
        pages=pages,
        calibrations=[(each.kind, calibration_words(each)) for each in result.ledger.calibrations],
        counts_before=counts(before.findings),
        counts_after=counts(after.findings),
        different=[comparison.name for comparison in result.proof.statements if comparison.equal_results is False],
    )


def _safe(chart: str) -> Markup:
    return Markup(chart)  # noqa: S704 - charts escape their texts


def pairs_of(comparisons: Sequence[Comparison]) -> list[Pair]:
    """Statements with a median in both runs, the greatest gain first."""
    measured = [
        (comparison, comparison.before.p50_ms, comparison.after.p50_ms, comparison.times_faster)
        for comparison in comparisons
    ]
    rows = [
        (
            times or 0.0,
            comparison.name,
            Pair(
                printable(comparison.name),
                max(before, _LEAST_MS),
                max(after, _LEAST_MS),
                figure(times, Unit.TIMES),
            ),
        )
        for comparison, before, after, times in measured
        if before is not None and after is not None
    ]
    return [pair for _, _, pair in sorted(rows, key=lambda row: (-row[0], row[1]))]


def _shares(comparisons: Sequence[Comparison]) -> tuple[list[str], list[Bar]]:
    """Who took the time before, who takes it after: the largest by name, the rest together, for the same calls."""
    calls = {comparison.name: comparison.before.calls for comparison in comparisons}

    def total(latencies: Latencies) -> float:
        return (latencies.mean_ms or 0.0) * calls[latencies.name]

    ordered = sorted(comparisons, key=lambda comparison: (-total(comparison.before), comparison.name))
    named, others = ordered[: COLORS - 1], ordered[COLORS - 1 :]
    if not named:
        return [], []
    names = [printable(comparison.name) for comparison in named] + (["all others"] if others else [])
    bars = []
    for label, sides in (
        ("before", [comparison.before for comparison in (*named, *others)]),
        ("after", [comparison.after for comparison in (*named, *others)]),
    ):
        times = [total(latencies) for latencies in sides]
        parts = (*times[: len(named)], *([sum(times[len(named) :])] if others else []))
        bars.append(Bar(label, figure(sum(times), Unit.MILLISECONDS), parts))
    return names, bars
