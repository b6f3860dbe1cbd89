"""The spool's file format: a header, then records of a kind, a length, a checksum and a payload. Pure.

A record that was cut short by a crash ends the file: it was never acknowledged. One that is cut short or damaged while
a whole one begins anywhere behind it is damage to what was acknowledged, and an error. A torn group's own rows could
pass for such a record only if they held one with its checksum: they are text without NUL, so that somebody would have
to make 16 MB of them for it; then, too, the file is refused rather than a group dropped.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

MAGIC = b"PGSPOOL2"
_HEAD = struct.Struct(">cII")  # kind, length of the payload, CRC-32 of kind, length and payload
_LENGTH = struct.Struct(">I")
_PURPOSE, _GROUP, _DONE = b"P", b"G", b"D"
_KIND, _GROUPS = re.compile(b"[PGD]"), re.compile(_GROUP)


class SpoolDamagedError(Exception):
    """A record in the middle of a spool's file is not as it was written, or the file is not a spool's."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What the rows are encoded for; the first record of a file."""

    text: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A group's rows, as a ``Block`` holds them."""

    key: UUID
    data: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """A group that is in the database."""

    key: UUID


Record = Purpose | Kept | Done


def encoded(record: Record) -> bytes:
    """The record's bytes."""
    match record:
        case Purpose(text):
            return _framed(_PURPOSE, text.encode())
        case Kept(key, data):
            return _framed(_GROUP, key.bytes + data)
        case Done(key):
            return _framed(_DONE, key.bytes)


def decoded(data: bytes) -> Iterator[Record]:
    """The records of a file, to its torn tail.

    Raises:
        SpoolDamagedError: a whole record follows one that is damaged or cut short, or the file is not a spool's.
    """
    if not data.startswith(MAGIC):
        if MAGIC.startswith(data):
            return  # not even the header was written
        raise SpoolDamagedError("this is not a spool's file")
    place = len(MAGIC)
    while (end := _end(data, place)) is not None:
        yield _read(data[place : place + 1], data[place + _HEAD.size : end])
        place = end
    # That groups are done is not forced to disk: a crash may keep one word of it and not the one before.
    following = _GROUPS if data[place : place + 1] in (_DONE, b"\0") else _KIND
    if any(_end(data, found.start()) is not None for found in following.finditer(data, place + 1)):
        raise SpoolDamagedError(f"the record at byte {place} is not as it was written, and others follow it")


def _framed(kind: bytes, payload: bytes) -> bytes:
    return _HEAD.pack(kind, len(payload), _checksum(kind, payload)) + payload


def _checksum(kind: bytes, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(kind + _LENGTH.pack(len(payload))))


def _end(data: bytes, place: int) -> int | None:
    """Where the record ends that begins at ``place``; None unless it is whole and has its checksum."""
    if place + _HEAD.size > len(data):
        return None
    kind, length, checksum = _HEAD.unpack_from(data, place)
    end = place + _HEAD.size + int(length)
    if end > len(data) or _checksum(kind, data[place + _HEAD.size : end]) != checksum:
        return None
    return end


def _read(kind: bytes, payload: bytes) -> Record:
    if kind == _PURPOSE:
        return Purpose(payload.decode())
    if kind == _DONE:
        return Done(UUID(bytes=payload))
    return Kept(UUID(bytes=payload[:16]), payload[16:])
