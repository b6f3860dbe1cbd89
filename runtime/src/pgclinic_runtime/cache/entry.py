"""A cached value with all that decides whether it may still be served; how it lies in Redis."""

import math
import struct
import zlib
from typing import Any, NamedTuple

from pgclinic_runtime.cache import encoding
from pgclinic_runtime.position import Position

_MAGIC = b"pgc1"
_HEADER = struct.Struct(">4sIBddddQIQH")
_CHECKED_FROM = 8
"""The checksum covers all after itself."""


class Entry(NamedTuple):
    """Times are seconds since 1970: the data is as of ``as_of``, fresh until ``expires``, of use until ``stale_until``.

    ``cost`` is how many seconds it took to load, ``position`` what its reader has surely seen, ``versions`` those of
    its tags before it was loaded.
    """

    flags: int
    payload: bytes
    as_of: float
    expires: float
    stale_until: float
    cost: float
    position: Position
    versions: bytes = b""

    def value(self) -> Any:  # noqa: ANN401 - what was cached
        """A copy of the caller's own. Raises ValueError when it is damaged."""
        return encoding.decode(self.flags, self.payload)

    def plain(self) -> "Entry":
        """The same, with nothing left to unpack at each ``value``. Raises ValueError when it is damaged."""
        if not self.flags & encoding.COMPRESSED:
            return self
        try:
            payload = encoding.unpacked(self.payload)
        except zlib.error as error:
            raise ValueError(f"not a cached value: {error}") from error
        return self._replace(flags=self.flags & ~encoding.COMPRESSED, payload=payload)

    def packed(self) -> bytes:
        """For a shared store."""
        head = _HEADER.pack(
            _MAGIC,
            0,
            self.flags,
            self.as_of,
            self.expires,
            self.stale_until,
            self.cost,
            self.position.system,
            self.position.timeline,
            self.position.lsn,
            len(self.versions),
        )
        data = head + self.versions + self.payload
        return data[:4] + zlib.crc32(data[_CHECKED_FROM:]).to_bytes(4) + data[_CHECKED_FROM:]


def unpacked(data: bytes) -> Entry | None:
    """What ``Entry.packed`` wrote; None for anything damaged, foreign, or of another version."""
    if len(data) < _HEADER.size:
        return None
    magic, checksum, flags, as_of, expires, stale_until, cost, system, timeline, lsn, size = _HEADER.unpack_from(data)
    if magic != _MAGIC or zlib.crc32(memoryview(data)[_CHECKED_FROM:]) != checksum:
        return None
    body = _HEADER.size + size
    versions = data[_HEADER.size : body]
    return Entry(flags, data[body:], as_of, expires, stale_until, cost, Position(system, timeline, lsn), versions)


def is_early(entry: Entry, now: float, beta: float, chance: float) -> bool:
    """Whether this asker is the one to load it anew before it expires (XFetch).

    ``chance`` is uniform in (0, 1]; ``beta`` above 1 favours earlier loading, 0 switches it off. A. Vattani,
    F. Chierichetti, K. Lowenstein, Optimal Probabilistic Cache Stampede Prevention, VLDB 2015.
    """
    return now - entry.cost * beta * math.log(chance) >= entry.expires


MOST_EARLY = 37.0
"""``-log(chance)`` is never more: no need to draw one while more than so many costs are left."""
