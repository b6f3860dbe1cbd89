"""The capacity table as Markdown, for a document: GitHub's flavour."""

from collections.abc import Iterator, Sequence

from pgclinic.model.capacity import CapacityTable
from pgclinic.model.evidence import Unit
from pgclinic.report.capacity_rows import CapacityRow, capacity_rows, conclusion, processor_rows, request_rows
from pgclinic.report.figures import figure
from pgclinic.report.markdown_words import plain


def markdown(table: CapacityTable) -> str:
    """The conclusion, what it was measured on, and three tables."""
    limit, pause = figure(table.limit_ms, Unit.MILLISECONDS), figure(table.between_seconds, Unit.SECONDS)
    rate = f"{table.sides[0].compared.rate:.3g} requests a second"
    different = f"{len(table.different)} of them differently" if table.different else "all alike"
    where = f"at scale {table.scale} ({table.calls:,} calls, seed {table.seed}) on {table.cores} cores"
    kept = f"P95 of all requests within {limit}; each user asks every {pause}."
    told = f"{table.answers} questions were answered by both, {different}."
    grades = f"Grade {table.grade_before} before, {table.grade_after} after {table.prescriptions} prescriptions."
    parts = (
        f"**{plain(conclusion(table))}**",
        f"One run {where}, {figure(table.seconds, Unit.SECONDS)}. {kept} {told} {grades}",
        _table(table, "", capacity_rows(table)),
        _table(table, f"median at {rate}", request_rows(table)),
        _table(table, "processor time of a request, at the highest rate", processor_rows(table)),
    )
    return "\n\n".join(parts) + "\n"


def _table(table: CapacityTable, title: str, rows: Sequence[CapacityRow]) -> str:
    gains = any(row.times is not None for row in rows)
    names = [plain(side.name) for side in table.sides]
    header = [title, *names, *(["gain"] if gains else [])]
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *(list(_cells(row, gains=gains)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: CapacityRow, *, gains: bool) -> Iterator[str]:
    yield plain(row.name) if row.provenance.value == "measured" else f"{plain(row.name)} ({row.provenance.value})"
    yield from (figure(value, row.unit) for value in row.values)
    if gains:
        yield "" if row.times is None else figure(row.times, Unit.TIMES)
