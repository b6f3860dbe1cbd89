"""The tables to load with their rows, the largest first, and how many rows each will have."""

from collections.abc import Callable, Iterator
from itertools import islice

import msgspec

from pgclinic.demo.data import calls, customers, operations
from pgclinic.demo.data.world import World

_ROWS_PER_CHUNK = 500


class Table(msgspec.Struct, frozen=True):
    """One table of schema public: its columns, and its rows as COPY text, one line a row."""

    name: str
    columns: tuple[str, ...]
    rows: Callable[[World], Iterator[str]]


TABLES = (
    Table("vapi_calls", calls.CALL_COLUMNS, calls.calls),
    Table("call_logs", calls.LOG_COLUMNS, calls.logs),
    Table("analytics", operations.EVENT_COLUMNS, operations.events),
    Table("leads", customers.LEAD_COLUMNS, customers.leads),
    Table("sms_logs", customers.MESSAGE_COLUMNS, customers.messages),
    Table("appointments", customers.APPOINTMENT_COLUMNS, customers.appointments),
    Table("rate_limits", operations.COUNTER_COLUMNS, operations.counters),
    Table("availability", operations.SLOT_COLUMNS, operations.slots),
)


def chunks(table: Table, world: World) -> Iterator[tuple[int, bytes]]:
    """The table's COPY text in pieces, each with its number of rows."""
    rows = table.rows(world)
    while piece := list(islice(rows, _ROWS_PER_CHUNK)):
        yield len(piece), "".join(piece).encode()
