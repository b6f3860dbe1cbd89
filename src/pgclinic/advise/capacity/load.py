"""How busy the database is and what with, since its counters began."""

import msgspec

from pgclinic.model.sessions import counted_seconds
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.asked import AskedStatement, asked

_READING = "select"


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """Over ``seconds``: sessions at work on average, and which share of the statements' time only reads."""

    seconds: float
    busy: float
    read_share: float


def load_of(snapshot: Snapshot) -> Load | None:
    """None where nobody knows since when it was counted, or no statement was."""
    seconds, statements = counted_seconds(snapshot), asked(snapshot)
    total = sum(each.counted.total_ms for each in statements)
    if not seconds or not total:
        return None
    counts = snapshot.connection_counts
    busy_ms = counts.busy_ms if counts and counts.busy_ms is not None else total
    reading = sum(each.counted.total_ms for each in statements if only_reads(each))
    return Load(seconds=seconds, busy=busy_ms / 1000 / seconds, read_share=reading / total)


def only_reads(statement: AskedStatement) -> bool:
    """Whether it is a SELECT that changes nothing, as far as its text tells."""
    reading = statement.reading
    return statement.counted.verb == _READING and reading is not None and not reading.shape.changes
