"""The lines of the tables that people sort: one statement, one table, one index, with all its figures."""

import msgspec

from pgclinic.model.evidence import Provenance
from pgclinic.model.names import RelationName


class StatementLine(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of the workload over all roles; times in milliseconds, since the counters began (measured).

    ``text`` is untrusted, and its beginning only where ``is_cut``. ``share`` is its part of all time that statements
    took, 0 to 1. ``p95_ms`` is None below twenty calls, estimated from mean and deviation
    unless the server counted in buckets; ``max_ms`` is None over a span of history. ``read_bytes`` came from outside of
    shared buffers, ``spilled_bytes`` were written to temporary files; ``cache_hit`` is the share of pages that were
    found in shared buffers, None where none was asked for.
    """

    fingerprint: str
    text: str
    verb: str
    role: str
    calls: int
    rows: int
    total_ms: float
    share: float
    mean_ms: float
    max_ms: float | None
    p95_ms: float | None
    p95_provenance: Provenance = Provenance.ESTIMATED
    read_bytes: int
    spilled_bytes: int
    cache_hit: float | None
    is_cut: bool = False


class TableLine(msgspec.Struct, frozen=True, kw_only=True):
    """One table that holds rows, or materialized view; bytes on disk and scans are measured.

    ``dead_share`` is the part of its rows that are dead. ``empty_share`` is the part of its main file that its rows
    would not need, estimated at the least, None where too little is known of them. Times are ISO 8601.
    """

    name: RelationName
    kind: str
    rows: float
    heap_bytes: int
    index_bytes: int
    toast_bytes: int
    share: float
    indexes: int
    seq_scans: int | None
    index_scans: int | None
    dead_rows: int | None
    dead_share: float | None
    empty_share: float | None
    vacuumed_at: str | None
    analysed_at: str | None

    @property
    def total_bytes(self) -> int:
        """All of it."""
        return self.heap_bytes + self.index_bytes + self.toast_bytes


class IndexLine(msgspec.Struct, frozen=True, kw_only=True):
    """One index; bytes and scans are measured. ``enforces`` says what it is there for besides speed, if anything.

    ``empty_share`` is the part of it that it would not take if it were built now, estimated; None where too little is
    known. ``sql`` is its definition.
    """

    name: RelationName
    table: RelationName
    method: str
    sql: str
    bytes: int
    scans: int | None
    scanned_at: str | None
    is_valid: bool
    enforces: str
    empty_share: float | None
