"""What a benchmark found: one row a figure, beside the line it has to keep; printed as a table and written as JSON."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent.parent / ".cache" / "bench"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One figure. ``line`` is what it is compared with, and where that comes from; ``passes`` None: nothing to keep."""

    subject: str
    figure: str
    value: float
    unit: str = ""
    line: str = ""
    passes: bool | None = None


def show(rows: Sequence[Row]) -> None:
    """Print the rows, one a line, the verdict last."""
    widths = [max((len(getattr(row, name)) for row in rows), default=0) for name in ("subject", "figure", "line")]
    for row in rows:
        verdict = {True: "kept", False: "MISSED", None: ""}[row.passes]
        value = f"{_text(row.value)} {row.unit}"
        cells = (f"{row.subject:{widths[0]}}", f"{row.figure:{widths[1]}}", f"{value:>14}", f"{row.line:{widths[2]}}")
        print("  ".join((*cells, verdict)).rstrip())


def write(name: str, rows: Sequence[Row]) -> Path:
    """``.cache/bench/NAME.json``, for machines."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / f"{name}.json"
    file.write_bytes(msgspec.json.format(msgspec.json.encode(rows)) + b"\n")
    return file


def _text(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.4f}" if abs(value) < 10 else f"{value:,.1f}"
