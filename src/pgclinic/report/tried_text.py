"""The parts that run for trying, for a terminal."""

from collections.abc import Sequence

from pgclinic.model.trying import TriedPart
from pgclinic.report.terminal import GOOD, POOR, QUIET, Column, indented, rendered, table, words


def text(parts: Sequence[TriedPart], *, width: int = 80, color: bool = False) -> str:
    """Each with its health, and below them where each is."""
    rows = [
        (
            words(part.name),
            words((part.program, QUIET)),
            words(("answers", GOOD) if part.is_healthy else ("does not answer", POOR)),
        )
        for part in parts
    ]
    columns = [Column("", is_figure=False)] * 3
    addresses = [piece for part in parts for piece in (words((part.name, "bold")), indented(words(_address(part))))]
    return rendered([table(columns, rows), words(""), *addresses], width=max(width, 160), color=color)


def _address(part: TriedPart) -> str:
    """As psql and redis-cli take it: the socket's folder, the port, the database and the role suffice."""
    if part.program == "Redis":
        return part.address
    wanted = ("host=", "port=", "dbname=", "user=")
    return " ".join(word for word in part.address.split() if word.startswith(wanted))
