"""Where long values are kept."""

import msgspec


class ToastTable(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="toast_table"):
    """The TOAST table of ``relation``: its pieces of long values, and how they are vacuumed and packed.

    ``pglz_columns`` are compressed with pglz though the server could use lz4 (14 and newer, where it is built in).
    """

    relation: int
    oid: int
    live_pieces: int = 0
    dead_pieces: int = 0
    frozen_xid_age: int | None = None
    last_vacuum: str | None = None
    last_autovacuum: str | None = None
    pglz_columns: tuple[str, ...] = ()
