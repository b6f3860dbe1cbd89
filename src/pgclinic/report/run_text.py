"""Measured runs for a terminal, alone or two side by side."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from pgclinic.model.evidence import Unit
from pgclinic.model.ledger import Ledger
from pgclinic.model.proof import Comparison, Latencies, Proof, Run, Verdict
from pgclinic.report.figures import figure, number
from pgclinic.report.ledger_text import entry_rows
from pgclinic.report.proof_words import conclusion, interval, method, pages
from pgclinic.report.terminal import GOOD, POOR, QUIET, Column, heading, indented, rendered, table, words

_NOTE = "milliseconds, measured from the client; empty where samples are too few for the percentile"


def text(run: Run, *, width: int = 80, color: bool = False) -> str:
    """P50, P95 and P99 of every statement and task."""
    return rendered(list(_run(run)), width=width, color=color)


def proof_text(proof: Proof, booked: Ledger | None = None, *, width: int = 80, color: bool = False) -> str:
    """The same before and after, with what was planned for it."""
    return rendered([*_proof(proof), *_booked(booked)], width=width, color=color)


def _booked(booked: Ledger | None) -> Iterator[RenderableType]:
    if booked and booked.entries:
        yield heading("Planned against measured", "times faster; booked in the ledger (pgclinic ledger)")
        yield indented(entry_rows(booked))


def comparison_rows(comparisons: tuple[Comparison, ...]) -> RenderableType:
    """The table of before and after: each percentile as a pair, and how many times faster the median is."""
    columns = (
        Column("", is_figure=False),
        Column("P50"),
        Column("after"),
        Column("P95"),
        Column("after"),
        Column("P99"),
        Column("after"),
        Column(""),
    )
    return table(columns, [_comparison(comparison) for comparison in comparisons])


def median_rows(comparisons: tuple[Comparison, ...]) -> RenderableType:
    """The table of medians before and after with intervals, pages and verdicts."""
    return table(_MEDIANS, [_median(each) for each in comparisons], padding=1)


def _run(run: Run) -> Iterator[RenderableType]:
    yield words(
        ("Measured", "bold"),
        f"   {run.source}",
        (f"   {run.connections} connections, seed {run.seed}, ", QUIET),
        (figure(run.seconds, Unit.SECONDS), QUIET),
    )
    columns = (Column("", is_figure=False), Column("calls"), Column("P50"), Column("P95"), Column("P99"), Column("max"))
    for title, latencies in (("Statements", run.statements), ("Tasks", run.tasks), ("Everything", (run.overall,))):
        if latencies:
            yield heading(title)
            yield indented(table(columns, [_latencies(each) for each in latencies]))
    yield Text()
    yield words((_NOTE, QUIET))


def _proof(proof: Proof) -> Iterator[RenderableType]:
    yield words(("Measured before and after", "bold"), f"   {proof.after.source}")
    yield words(conclusion(proof))
    yield words((method(proof), QUIET))
    for title, comparisons in (
        ("Statements", proof.statements),
        ("Tasks", proof.tasks),
        ("Everything", (proof.overall,)),
    ):
        if comparisons:
            yield heading(title, "medians; times faster with its 95 % interval; pages touched by one call")
            yield indented(median_rows(comparisons))
            yield heading(title, "percentiles")
            yield indented(comparison_rows(comparisons))
    different = [comparison.name for comparison in proof.statements if comparison.equal_results is False]
    for name in different:
        yield words(("results differ: ", f"bold {POOR}"), name)
    yield Text()
    yield words((_NOTE, QUIET))


_MEDIANS = (
    Column("", is_figure=False),
    Column("before"),
    Column("after"),
    Column("faster"),
    Column("interval"),
    Column("pages"),
    Column("after"),
    Column("", is_figure=False),
)
_STYLES = {Verdict.FASTER: GOOD, Verdict.SLOWER: POOR, Verdict.NO_DIFFERENCE: "", Verdict.TOO_FEW: QUIET}
_SHORT = {Verdict.NO_DIFFERENCE: "same", Verdict.TOO_FEW: "too few"}


def _median(comparison: Comparison) -> tuple[Text, ...]:
    verdict, times = comparison.verdict, comparison.times_faster
    before, after = pages(comparison)
    return (
        words(comparison.name),
        words((number(comparison.before.p50_ms), QUIET)),
        words((number(comparison.after.p50_ms), "bold")),
        words((figure(times, Unit.TIMES) if times is not None else "", f"bold {_STYLES[verdict]}".strip())),
        words((interval(comparison), QUIET)),
        words((number(before), QUIET)),
        words(number(after)),
        words((_SHORT.get(verdict, verdict.value), _STYLES[verdict])),
    )


def _latencies(latencies: Latencies) -> tuple[Text, ...]:
    name = words(latencies.name)
    if latencies.errors:
        name.append_text(words((f"  {latencies.errors} failed", POOR)))
    return (
        name,
        words((f"{latencies.calls:,}", QUIET)),
        words((number(latencies.p50_ms), "bold")),
        words(number(latencies.p95_ms)),
        words(number(latencies.p99_ms)),
        words((number(latencies.max_ms), QUIET)),
    )


def _comparison(comparison: Comparison) -> tuple[Text, ...]:
    before, after, times = comparison.before, comparison.after, comparison.times_faster
    style = _STYLES[comparison.verdict] if comparison.effects else ""
    return (
        words(comparison.name),
        words((number(before.p50_ms), QUIET)),
        words((number(after.p50_ms), "bold")),
        words((number(before.p95_ms), QUIET)),
        words(number(after.p95_ms)),
        words((number(before.p99_ms), QUIET)),
        words(number(after.p99_ms)),
        words((figure(times, Unit.TIMES) if times is not None else "", f"bold {style}".strip())),
    )
