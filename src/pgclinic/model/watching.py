"""What lies between two looks at a database, and the figures that are kept of it.

A look is a Snapshot of the few probes that watching asks. Two looks make a Sample: what the counters gained, who was
at work, and the Observations that history keeps, alerts judge, and metrics show. Times are ISO 8601 with a time zone.
"""

import msgspec

from pgclinic.model.activity import Session
from pgclinic.model.counters import TimeBucket
from pgclinic.model.evidence import Provenance, Unit
from pgclinic.model.names import ObjectName


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One figure at one moment. ``name`` is a stable word with its unit (``p95_ms``, ``replication_lag_bytes``).

    ``object`` is what it is of, None for the whole database; never a statement's text, only its fingerprint.
    ``value`` is None where it could not be had.
    """

    name: str
    value: float | None
    unit: Unit
    provenance: Provenance = Provenance.MEASURED
    object: ObjectName | None = None


class StatementDelta(msgspec.Struct, frozen=True, kw_only=True):
    """What one entry of pg_stat_statements gained during a sample; times in milliseconds, blocks in pages.

    ``times`` are its calls by how long they took, where pg_stat_monitor tells.
    """

    queryid: str
    role: str
    calls: int
    rows: int = 0
    total_ms: float = 0.0
    mean_ms: float = 0.0
    stddev_ms: float = 0.0
    shared_blks_hit: int = 0
    shared_blks_read: int = 0
    temp_blks_written: int = 0
    wal_bytes: int = 0
    times: tuple[TimeBucket, ...] = ()


class TableDelta(msgspec.Struct, frozen=True, kw_only=True):
    """What a table's counters gained during a sample, and its dead rows and bytes at its end."""

    relation: int
    object: ObjectName
    seq_scan: int = 0
    seq_tup_read: int = 0
    idx_scan: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    hot_updated: int = 0
    blks_read: int = 0
    blks_hit: int = 0
    live_rows: int = 0
    dead_rows: int = 0
    bytes: int | None = None


class IndexDelta(msgspec.Struct, frozen=True, kw_only=True):
    """How often an index was scanned during a sample, and its bytes at its end."""

    relation: int
    object: ObjectName
    scans: int = 0
    bytes: int | None = None


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a target, set against the look before.

    ``at`` is the server's clock at its end (ours where the server was not reached), ``seconds`` how long it covers by
    the server's clock: None where nothing can be set against it. ``gap`` says in one word what is odd about it, and is
    empty where nothing is: ``first`` and ``unreachable`` (no seconds), ``restarted``, ``reset``, ``clock`` (one of the
    clocks was set: the seconds are by ours), ``missed`` (looks before it failed), ``slow``, ``dropped`` (samples
    before it could not be kept); ``reason`` says it in sentences. ``took_ms`` is how long the look took us,
    ``late_seconds`` by how much it came after its time. A counter that went back begins anew: what it shows is what
    was gained since. Indexes and sizes are looked at every ten minutes: ``indexes`` are empty at other times, and then
    cover the time since the last time.
    """

    target: str
    at: str
    seconds: float | None
    gap: str = ""
    reason: str = ""
    took_ms: float = 0.0
    late_seconds: float = 0.0
    observations: tuple[Observation, ...] = ()
    statements: tuple[StatementDelta, ...] = ()
    tables: tuple[TableDelta, ...] = ()
    indexes: tuple[IndexDelta, ...] = ()
    sessions: tuple[Session, ...] = ()
