"""Who was at work on the server during the visit. Times are ISO 8601 with a time zone; no statement's text is here."""

import msgspec


class Session(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="session"):
    """One row of pg_stat_activity: a client, or another process that holds back vacuum; our own session is left out.

    ``kind`` is its backend_type. ``transaction_at``, ``statement_at`` and ``state_at`` say since when its transaction,
    its statement and its state last. ``wait_type`` and ``wait_event`` are what it waits for, ``waits_for`` is the
    relation whose lock it wants, ``blocked_by`` are the pids that keep it waiting (0: a prepared transaction).
    ``xid_age`` and ``xmin_age`` count transactions: since its own id, and since the oldest that it may still see.
    ``is_vacuuming``: it runs VACUUM, whose own snapshot holds nobody back. ``is_hidden``: only its name is visible to
    the visitor.
    """

    pid: int
    role: str = ""
    database: str = ""
    application: str = ""
    kind: str = ""
    state: str = ""
    began_at: str | None = None
    transaction_at: str | None = None
    statement_at: str | None = None
    state_at: str | None = None
    wait_type: str = ""
    wait_event: str = ""
    waits_for: int | None = None
    blocked_by: tuple[int, ...] = ()
    xid_age: int | None = None
    xmin_age: int | None = None
    is_vacuuming: bool = False
    is_hidden: bool = False


class PreparedTransaction(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="prepared_transaction"):
    """One row of pg_prepared_xacts, of any database of the server. ``xid_age`` counts transactions since its id."""

    name: str
    role: str
    database: str
    prepared_at: str
    xid_age: int = 0


class ConnectionCounts(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="connection_counts"):
    """How many clients are connected to the whole server, ours left out, and what this database's did over time.

    ``idle`` are those that wait for their application outside a transaction; None when states are hidden.
    The rest is of this database since its counters were reset, from server 14 on: connections begun, and how long they
    were open, busy, and idle inside a transaction, in milliseconds.
    """

    clients: int = 0
    idle: int | None = None
    begun: int | None = None
    open_ms: float | None = None
    busy_ms: float | None = None
    idle_in_transaction_ms: float | None = None
