"""How a table's room is really used: looked up where an estimate says that much of it is empty."""

import msgspec


class MeasuredRoom(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="measured_room"):
    """One row of pgstattuple_approx(): sizes in bytes of a table's main file.

    ``scanned_share`` of its pages were read, from 0 to 1; the free space map told of the others, which are all visible.
    """

    relation: int
    bytes: int
    free_bytes: float
    dead_bytes: float = 0.0
    scanned_share: float = 0.0
