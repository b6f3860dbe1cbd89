"""Tags have random versions. A new version makes invalid whatever was loaded under an older one.

A version that is lost (evicted, a Redis that came back empty) is never guessed anew, so losing it invalidates too. It
carries the position that whoever loads under it must have seen: a lagging replica would otherwise bring back what had
just been made invalid.
"""

import os
import re
from collections.abc import Sequence

from pgclinic_runtime.position import Position

_FLOOR = re.compile(rb"[0-9a-f]{16}@([0-9a-f]{1,16})\.([0-9a-f]{1,8})\.([0-9a-f]{1,16})")
EVERY_TABLE = "tables"
"""A tag of every entry that depends on tables, for when nobody knows which of them changed."""


def new_version(floor: Position | None) -> bytes:
    """Loads under it must have seen ``floor``; None when that is unknown, and they go to the primary."""
    nonce = os.urandom(8).hex()
    return (f"{nonce}@{floor.system:x}.{floor.timeline:x}.{floor.lsn:x}" if floor else f"{nonce}@").encode()


def floor_of(versions: Sequence[bytes]) -> tuple[Position | None, bool]:
    """What a load under these versions must have seen, and whether only the primary is sure to have."""
    floor: Position | None = None
    for version in versions:
        match = _FLOOR.fullmatch(version)
        if match is None:
            return None, True
        position = Position(int(match[1], 16), int(match[2], 16), int(match[3], 16))
        if floor is not None and floor.system != position.system:
            return None, True
        floor = position.joined(floor)
    return floor, False


def joined(versions: Sequence[bytes | None]) -> bytes | None:
    """As an entry keeps them; None when one is missing."""
    return None if None in versions else b"|".join(versions)  # type: ignore[arg-type]


def table_tags(tables: Sequence[str]) -> tuple[str, ...]:
    """The tags of an entry that depends on these tables, each ``schema.table`` or a table in ``public``."""
    if not tables:
        return ()
    return (EVERY_TABLE, *(f"table:{name if '.' in name else f'public.{name}'}" for name in tables))
