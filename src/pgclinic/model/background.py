"""What the server's own processes counted for the whole server since ``stats_reset`` (ISO 8601)."""

import msgspec


class Checkpoints(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="checkpoints"):
    """Checkpoints that came because of checkpoint_timeout, and those that were asked for, mostly because of WAL.

    ``write_ms`` and ``sync_ms`` are how long they took, ``buffers_written`` pages that they wrote.
    ``backend_fsyncs`` counts files that clients had to flush themselves (before server 17).
    """

    timed: int = 0
    requested: int = 0
    write_ms: float = 0.0
    sync_ms: float = 0.0
    buffers_written: int = 0
    backend_fsyncs: int | None = None
    stats_reset: str | None = None


class WalCounters(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="wal_counters"):
    """WAL written, from server 14 on: ``full_pages`` are page images, ``buffers_full`` how often WAL buffers were."""

    records: int = 0
    full_pages: int = 0
    bytes: int = 0
    buffers_full: int = 0
    stats_reset: str | None = None


class Archiver(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="archiver"):
    """How the archiving of WAL goes.

    ``behind_bytes`` of whole WAL segments were written and are not archived; None where archiving is off, on a
    standby, and where nothing was archived yet.
    """

    archived: int = 0
    last_archived_at: str | None = None
    failed: int = 0
    last_failed_at: str | None = None
    behind_bytes: int | None = None
    stats_reset: str | None = None
