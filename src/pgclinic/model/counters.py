"""What the cumulative statistics counted since they were last reset. Times are ISO 8601 with a time zone."""

import msgspec

from pgclinic.model.clock import seconds_between

_SAME_WINDOW = 0.01
"""How much of the time counted two counters may differ in when they began, to be set against each other."""


class TableCounters(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="table_counters"):
    """One row of pg_stat_all_tables joined with pg_statio_all_tables.

    Newer servers alone know ``last_seq_scan``, ``last_idx_scan``, ``n_tup_newpage_upd`` (16) and ``stats_reset`` of
    a single table (19); they are None on others.
    """

    relation: int
    seq_scan: int = 0
    seq_tup_read: int = 0
    idx_scan: int = 0
    idx_tup_fetch: int = 0
    n_tup_ins: int = 0
    n_tup_upd: int = 0
    n_tup_del: int = 0
    n_tup_hot_upd: int = 0
    n_tup_newpage_upd: int | None = None
    n_live_tup: int = 0
    n_dead_tup: int = 0
    n_mod_since_analyze: int = 0
    n_ins_since_vacuum: int = 0
    last_seq_scan: str | None = None
    last_idx_scan: str | None = None
    last_vacuum: str | None = None
    last_autovacuum: str | None = None
    last_analyze: str | None = None
    last_autoanalyze: str | None = None
    vacuum_count: int = 0
    autovacuum_count: int = 0
    analyze_count: int = 0
    autoanalyze_count: int = 0
    heap_blks_read: int = 0
    heap_blks_hit: int = 0
    idx_blks_read: int = 0
    idx_blks_hit: int = 0
    toast_blks_read: int = 0
    toast_blks_hit: int = 0
    stats_reset: str | None = None


class StatementCounters(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="statement"):
    """One statement of pg_stat_statements, times in milliseconds, blocks in pages of the server.

    ``text`` is normalised SQL as the server keeps it ($n for constants) and untrusted; it is cut when
    ``is_truncated``. ``role`` is who ran it. Rows of one query id under several roles stay apart.
    ``jit_ms`` is all that just-in-time compilation took. ``generic_plan_calls`` and ``custom_plan_calls`` (server 19)
    say how prepared statements were planned, ``since`` (server 17) when this entry began; None on others.
    """

    queryid: str
    role: str
    text: str
    calls: int
    rows: int = 0
    total_ms: float = 0.0
    mean_ms: float = 0.0
    min_ms: float = 0.0
    max_ms: float = 0.0
    stddev_ms: float = 0.0
    plan_ms: float = 0.0
    shared_blks_hit: int = 0
    shared_blks_read: int = 0
    shared_blks_dirtied: int = 0
    shared_blks_written: int = 0
    temp_blks_read: int = 0
    temp_blks_written: int = 0
    blk_read_ms: float = 0.0
    blk_write_ms: float = 0.0
    wal_bytes: int = 0
    wal_records: int = 0
    jit_ms: float = 0.0
    generic_plan_calls: int | None = None
    custom_plan_calls: int | None = None
    since: str | None = None
    is_toplevel: bool = True
    is_truncated: bool = False


class TimeBucket(msgspec.Struct, frozen=True, array_like=True):
    """So many calls took longer than ``low_ms`` and no longer than ``high_ms``, which is None where there is no end."""

    low_ms: float
    high_ms: float | None
    calls: int


class ResponseTimes(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="response_times"):
    """How long the calls of a statement took in one window of time of pg_stat_monitor, which begins at ``window``."""

    queryid: str
    role: str
    window: str
    times: tuple[TimeBucket, ...] = ()


class StatementCoverage(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="statement_coverage"):
    """How much of what this database ran is among the statements of the snapshot; times in milliseconds.

    ``entries`` and ``total_ms`` are of all of pg_stat_statements for this database, the visits of pgclinic left out.
    Not among the statements, or without a text that can be judged, are of these: ``hidden`` from the visitor, who may
    not see what other roles run; ``unlisted``, beyond as many as a visit brings; ``withheld``, because they may hold
    secrets; ``unreadable``, whose text the server lost or cut, or is none that PostgreSQL's grammar accepts.
    ``evictions`` says how often pg_stat_statements threw its least used entries away, of all databases together, and
    ``evicted_entries`` how many at the least; ``since`` when it began to count. ``active_ms`` is how long sessions of
    this database were busy since ``active_since``, as pg_stat_database knows it from server 14 on, until ``seen_at``.
    """

    entries: int = 0
    total_ms: float = 0.0
    hidden_entries: int = 0
    hidden_ms: float = 0.0
    unlisted_entries: int = 0
    unlisted_ms: float = 0.0
    withheld_entries: int = 0
    withheld_ms: float = 0.0
    unreadable_entries: int = 0
    unreadable_ms: float = 0.0
    evictions: int | None = None
    evicted_entries: int | None = None
    since: str | None = None
    active_ms: float | None = None
    active_since: str | None = None
    seen_at: str | None = None

    @property
    def unseen_ms(self) -> float:
        """Time that was counted and cannot be judged."""
        return self.hidden_ms + self.unlisted_ms + self.withheld_ms + self.unreadable_ms

    @property
    def hidden_share(self) -> float:
        """Which share of the counted time other roles' statements took that the visitor may not see, from 0 to 1."""
        return min(self.hidden_ms / self.total_ms, 1) if self.total_ms else 0.0

    @property
    def unlisted_share(self) -> float:
        """Which share of the counted time statements took that a visit does not bring, from 0 to 1."""
        return min(self.unlisted_ms / self.total_ms, 1 - self.hidden_share) if self.total_ms else 0.0

    @property
    def seen_share(self) -> float | None:
        """Which share of the counted time can be judged, from 0 to 1; None when nothing has been counted."""
        return 1 - min(self.unseen_ms / self.total_ms, 1) if self.total_ms else None

    @property
    def evicted_share(self) -> float | None:
        """Which share of the busy time was thrown away, at the most; None where that cannot be told.

        Busy time is more than the time of statements: it counts parsing, planning and sending too. It can be set
        against theirs only when both were counted from the same moment on.
        """
        if not self.evictions:
            return None if self.evictions is None else 0.0
        if not self.active_ms or self.since is None or self.active_since is None or self.seen_at is None:
            return None
        window = seconds_between(self.since, self.seen_at)
        if abs(seconds_between(self.since, self.active_since)) > _SAME_WINDOW * window:
            return None
        return max(0.0, 1 - self.total_ms / self.active_ms)


class DatabaseCounters(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="database_counters"):
    """This database's row of pg_stat_database, and how much of the workload pg_stat_statements still holds.

    ``statements_dealloc`` counts evictions of pg_stat_statements entries; ``statements_max`` is its capacity.
    """

    blks_hit: int = 0
    blks_read: int = 0
    xact_commit: int = 0
    xact_rollback: int = 0
    tup_returned: int = 0
    tup_fetched: int = 0
    tup_inserted: int = 0
    tup_updated: int = 0
    tup_deleted: int = 0
    temp_files: int = 0
    temp_bytes: int = 0
    deadlocks: int = 0
    conflicts: int = 0
    checksum_failures: int | None = None
    stats_reset: str | None = None
    size_bytes: int | None = None
    frozen_xid_age: int | None = None
    multixact_age: int | None = None
    statements_reset: str | None = None
    statements_dealloc: int | None = None
    statements_max: int | None = None
    backends: int = 0
