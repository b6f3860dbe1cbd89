"""Who gets this server's changes, and from whom it gets its own. Times are ISO 8601, distances bytes of WAL."""

import msgspec


class ReplicationSlot(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="replication_slot"):
    """A replication slot of the server. ``kept_bytes`` of WAL are between what it still needs and the newest.

    ``wal_status`` is ``reserved extended unreserved lost``; ``xmin_age`` and ``catalog_xmin_age`` count transactions
    that vacuum leaves alone because of it. ``inactive_at``: since when nobody uses it,
    ``is_synced``: a copy on a standby of a slot of its primary, both from server 17 on.
    """

    name: str
    kind: str
    database: str = ""
    is_active: bool = False
    is_temporary: bool = False
    kept_bytes: int | None = None
    wal_status: str = ""
    xmin_age: int | None = None
    catalog_xmin_age: int | None = None
    inactive_at: str | None = None
    is_synced: bool = False


class Replica(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="replica"):
    """A row of pg_stat_replication: a standby, a subscriber, a backup. ``*_behind`` are bytes not yet sent, replayed.

    ``replay_lag_s`` is how long the newest change took to be replayed there. ``xmin_age`` is set by
    hot_standby_feedback. ``connected_at`` is when it came: a base backup (``state`` is ``backup``) begins with that.
    """

    pid: int
    application: str = ""
    role: str = ""
    state: str = ""
    sync_state: str = ""
    sent_behind: int | None = None
    replay_behind: int | None = None
    replay_lag_s: float | None = None
    xmin_age: int | None = None
    slot: str = ""
    is_hidden: bool = False
    connected_at: str | None = None


class Standby(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="standby"):
    """The visited server itself, when it is a standby.

    ``replay_behind`` bytes were received and are not replayed yet; ``replayed_at`` is when the newest transaction
    replayed was committed on the primary. ``receiver`` is the status of its WAL receiver, empty without one.
    ``conflicts`` are statements of this database cancelled for the sake of replay, by reason.
    """

    replay_behind: int | None = None
    replayed_at: str | None = None
    is_paused: bool = False
    receiver: str = ""
    conflicts: dict[str, int] = {}


class Subscription(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="subscription"):
    """A logical subscription of this database; its errors are counted from server 15 on. No connection string."""

    name: str
    is_enabled: bool = True
    apply_errors: int | None = None
    sync_errors: int | None = None
    stats_reset: str | None = None
