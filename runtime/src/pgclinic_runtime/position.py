"""A place in a server's history: what a reader must have seen, and what a read or a cached value has seen."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

_VERSION = "p1"
_CARRIED = re.compile(r"p1\.([0-9a-f]{1,16})\.([0-9a-f]{1,8})\.([0-9a-f]{1,16})\.([A-Za-z0-9_-]{22})")
_SHORTEST_KEY = 16


@dataclass(frozen=True, slots=True)
class Position:
    """``system`` is the cluster's identifier (initdb), ``timeline`` grows with each promotion, ``lsn`` is in bytes."""

    system: int
    timeline: int
    lsn: int

    def covers(self, token: "Position") -> bool:
        """Whether who has seen this has surely seen ``token`` too.

        Both timeline and LSN must be reached: a server that was left behind on an old timeline may have a higher LSN
        without the write. On a later timeline the LSN alone decides: up to the point of promotion both are the same
        history, and what the old primary wrote beyond it no server has any more.
        """
        return self.lsn >= token.lsn and self.timeline >= token.timeline and self.system == token.system

    def joined(self, earlier: "Position | None") -> "Position":
        """What covers both this, the newer one, and ``earlier``, as far as both are still history."""
        if earlier is None or earlier.system != self.system or earlier.timeline < self.timeline:
            return self
        return earlier if earlier.timeline > self.timeline or earlier.lsn > self.lsn else self


def lsn_from_text(text: str) -> int:
    """``16/B374D848`` as bytes. Raises ValueError."""
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) | int(low, 16)


def lsn_as_text(lsn: int) -> str:
    """As PostgreSQL writes a pg_lsn."""
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"


def carried(position: Position, key: bytes) -> str:
    """Text for a cookie or header, signed with ``key`` (HMAC-SHA-256 cut to 128 bits). ASCII, under 70 characters."""
    body = f"{_VERSION}.{position.system:x}.{position.timeline:x}.{position.lsn:x}"
    return f"{body}.{_signature(body, key)}"


def uncarried(text: str, key: bytes) -> Position | None:
    """What ``carried`` wrote with the same key; None for anything else."""
    match = _CARRIED.fullmatch(text)
    if match is None or not hmac.compare_digest(match[4], _signature(text[: match.start(4) - 1], key)):
        return None
    return Position(int(match[1], 16), int(match[2], 16), int(match[3], 16))


def _signature(body: str, key: bytes) -> str:
    if len(key) < _SHORTEST_KEY:
        raise ValueError(f"the key that signs tokens needs at least {_SHORTEST_KEY} bytes")
    digest = hmac.digest(key, b"pgclinic-runtime position\0" + body.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
