"""The capacity table for a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from pgclinic.model.capacity import CapacityTable
from pgclinic.model.evidence import Unit
from pgclinic.report.capacity_rows import CapacityRow, capacity_rows, conclusion, processor_rows, request_rows
from pgclinic.report.figures import figure
from pgclinic.report.terminal import GOOD, POOR, QUIET, Column, heading, indented, rendered, table, words


def text(result: CapacityTable, *, width: int = 80, color: bool = False) -> str:
    """The table, each kind of request, each part's processor time, the runs, and what a reader must know."""
    return rendered(list(_parts(result)), width=width, color=color)


def _parts(result: CapacityTable) -> Iterator[RenderableType]:
    is_met = result.times is not None and result.times >= result.goal
    yield words((conclusion(result), f"bold {GOOD if is_met else POOR}"))
    limit, pause = figure(result.limit_ms, Unit.MILLISECONDS), figure(result.between_seconds, Unit.SECONDS)
    where = f"one run on one machine of {result.cores} cores, {figure(result.seconds, Unit.SECONDS)}"
    yield words((f"scale {result.scale}, {result.calls:,} calls, seed {result.seed}; {where}", QUIET))
    yield heading("Capacity", f"P95 of all requests within {limit}; each user asks every {pause}")
    yield indented(_table(result, capacity_rows(result)))
    yield heading("Requests", f"median at {result.sides[0].compared.rate:.3g} requests a second, measured")
    yield indented(_table(result, request_rows(result)))
    yield heading("Processor time", "for one request at each way's highest rate, measured")
    yield indented(_table(result, processor_rows(result)))
    yield heading("Runs", "requests a second, P95, and whether it held")
    for side in result.sides:
        runs = ", ".join(
            f"{step.rate:.3g}: {figure(step.p95_ms, Unit.MILLISECONDS)}{'' if step.is_held else ' no'}"
            for step in sorted(side.steps, key=lambda step: step.rate)
        )
        yield indented(words((f"{side.name}  ", QUIET), runs))
    yield heading("Answers", f"{result.answers} questions, asked of the first and the last way on the same rows")
    different = "; ".join(result.different)
    yield indented(words(f"different: {different}" if different else "all the same"))
    for note in result.notes:
        yield Text()
        yield words((note, QUIET))


def _table(result: CapacityTable, rows: Sequence[CapacityRow]) -> RenderableType:
    columns = (Column("", is_figure=False), *(Column(side.name) for side in result.sides), Column(""))
    return table(columns, [_row(row) for row in rows])


def _row(row: CapacityRow) -> tuple[Text, ...]:
    name = row.name if row.provenance.value == "measured" else f"{row.name} ({row.provenance.value})"
    return (
        words(name),
        *(words((figure(value, row.unit), QUIET)) for value in row.values[:-1]),
        words((figure(row.values[-1], row.unit), "bold")),
        words(figure(row.times, Unit.TIMES) if row.times is not None else ""),
    )
