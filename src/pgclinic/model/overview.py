"""Where the time and the space of a database go: the largest by name, the rest as sums."""

import msgspec

from pgclinic.model.names import RelationName


class StatementTime(msgspec.Struct, frozen=True, kw_only=True):
    """One statement's part of the workload; times in ms. ``text`` is untrusted, and cut where it is very long."""

    fingerprint: str
    text: str
    calls: int
    total_ms: float


class TableTime(msgspec.Struct, frozen=True, kw_only=True):
    """One table's part of the workload's time in ms, estimated."""

    table: RelationName
    total_ms: float


class TableSize(msgspec.Struct, frozen=True, kw_only=True):
    """What one table takes on disk, in bytes: its rows, its indexes, and its values kept apart (TOAST)."""

    table: RelationName
    heap_bytes: int
    index_bytes: int
    toast_bytes: int
    rows: float

    @property
    def total_bytes(self) -> int:
        """All of it."""
        return self.heap_bytes + self.index_bytes + self.toast_bytes


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """The largest first, each list of bounded length; ``other_*`` are how many more there are and their sum.

    ``total_ms`` is all time that statements took (measured), ``unreadable_ms`` that of statements whose text could
    not be read. Empty lists: not seen. ``since`` is when the counting began, empty when that is not known.
    """

    since: str = ""
    total_ms: float = 0.0
    unreadable_ms: float = 0.0
    statements: tuple[StatementTime, ...] = ()
    other_statements: int = 0
    other_statements_ms: float = 0.0
    times: tuple[TableTime, ...] = ()
    other_times: int = 0
    other_times_ms: float = 0.0
    sizes: tuple[TableSize, ...] = ()
    other_sizes: int = 0
    other_sizes_bytes: int = 0
