"""The spool's file format: a header, then records of a kind, a length, a checksum and a payload. Pure.

A record that was cut short by a crash ends the file: it was never acknowledged. One that is damaged while others follow
it is damage to what was acknowledged, and an error.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

MAGIC = b"PGSPOOL2"
_HEAD = struct.Struct(">cII")  # kind, length of the payload, CRC-32 of kind, length and payload
_LENGTH = struct.Struct(">I")
_PURPOSE, _GROUP, _DONE = b"P", b"G", b"D"


class SpoolDamagedError(Exception):
    """A record in the middle of a spool's file does not have its checksum."""


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
        SpoolDamagedError: a damaged record is followed by a whole one, or the file is not a spool's.
    """
    if not data.startswith(MAGIC):
        if MAGIC.startswith(data):
            return  # not even the header was written
        raise SpoolDamagedError("this is not a spool's file")
    place = len(MAGIC)
    while (end := _end(data, place)) is not None:
        if not _is_whole(data, place, end):
            if (following := _end(data, end)) is not None and _is_whole(data, end, following):
                raise SpoolDamagedError(f"the record at byte {place} does not have its checksum")
            return
        yield _read(data[place : place + 1], data[place + _HEAD.size : end])
        place = end


def _framed(kind: bytes, payload: bytes) -> bytes:
    return _HEAD.pack(kind, len(payload), _checksum(kind, payload)) + payload


def _checksum(kind: bytes, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(kind + _LENGTH.pack(len(payload))))


def _end(data: bytes, place: int) -> int | None:
    if place + _HEAD.size > len(data):
        return None
    end = place + _HEAD.size + _HEAD.unpack_from(data, place)[1]
    return end if end <= len(data) else None


def _is_whole(data: bytes, place: int, end: int) -> bool:
    kind, _, checksum = _HEAD.unpack_from(data, place)
    return bool(_checksum(kind, data[place + _HEAD.size : end]) == checksum)


def _read(kind: bytes, payload: bytes) -> Record:
    if kind == _PURPOSE:
        return Purpose(payload.decode())
    if kind == _DONE:
        return Done(UUID(bytes=payload))
    return Kept(UUID(bytes=payload[:16]), payload[16:])
