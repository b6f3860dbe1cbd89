"""The snapshot file: gzipped JSON lines, one record an object, the header first.

A reader keeps lines of kinds that it does not know and writes them back. What it reads was written by others: its
size is bounded, and nothing in it is trusted to be more than text.
"""

import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, get_args

import msgspec

from pgclinic.model.errors import UserError
from pgclinic.model.snapshot import FORMAT_VERSION, Header, Record, Snapshot, assembled

MOST_BYTES = 4 << 30
"""Of the unpacked file."""

MOST_BYTES_A_LINE = 64 << 20
MOST_UNKNOWN_BYTES = 64 << 20
"""Of all lines together that this version does not understand."""

_CHUNK = 1 << 20
_ZERO_BYTE = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""PostgreSQL has no text with a zero byte in it, and many who read C strings would see another text."""


class _Kind(msgspec.Struct):
    record: str


def write(snapshot: Snapshot) -> Iterator[bytes]:
    """The file in pieces. The same snapshot gives the same bytes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0) as packed:
        for line in _lines(snapshot):
            packed.write(line + b"\n")
            if buffer.tell() >= _CHUNK:
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
    yield buffer.getvalue()


def read(source: BinaryIO | Path) -> Snapshot:
    """The snapshot in a file or stream. Raises UserError, one sentence, for what is not a whole snapshot."""
    if isinstance(source, Path):
        try:
            with source.open("rb") as stream:
                return _read(stream, str(source))
        except OSError as error:
            raise UserError(f"Cannot read the snapshot {source}: {error.strerror}; check the path.") from None
    return _read(source, getattr(source, "name", "the stream"))


def _lines(snapshot: Snapshot) -> Iterator[bytes]:
    for name in snapshot.__struct_fields__:
        value = getattr(snapshot, name)
        if name == "unknown":
            yield from value
        elif isinstance(value, tuple):
            yield from map(msgspec.json.encode, value)
        elif value is not None:
            yield msgspec.json.encode(value)


def _read(stream: BinaryIO, name: str) -> Snapshot:
    records: list[Record] = []
    unknown: list[bytes] = []
    unknown_bytes = 0
    try:
        for number, line in enumerate(_unpacked(stream, name), 1):
            record = _record(line, number, name)
            if record is not None:
                records.append(record)
                continue
            unknown_bytes += len(line)
            if unknown_bytes > MOST_UNKNOWN_BYTES:
                raise UserError(f"{name} holds too much that this pgclinic does not know; upgrade pgclinic.")
            unknown.append(line)
        return assembled(records, unknown)
    except EOFError:
        raise UserError(f"The snapshot {name} ends in the middle; copy or collect it again.") from None
    except ValueError as error:
        raise UserError(f"The snapshot {name} is incomplete ({error}); collect it again.") from None
    except (gzip.BadGzipFile, zlib.error):
        raise UserError(f"{name} is not a pgclinic snapshot, or is damaged; collect it again.") from None


def _unpacked(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """Lines without their ends, as long as their sizes are sane."""
    read_bytes = 0
    with io.BufferedReader(gzip.GzipFile(fileobj=stream, mode="rb"), _CHUNK) as packed:
        while line := packed.readline(MOST_BYTES_A_LINE + 1):
            read_bytes += len(line)
            if len(line) > MOST_BYTES_A_LINE or read_bytes > MOST_BYTES:
                raise UserError(f"{name} unpacks to more than a snapshot can be; it was not made by pgclinic.")
            if not line.endswith(b"\n"):
                raise EOFError
            yield line[:-1]


def _record(line: bytes, number: int, name: str) -> Record | None:
    """The line's record, None for one of an unknown kind."""
    if number == 1:
        return _header(line, name)
    try:
        if rb"\u0000" in line and _ZERO_BYTE.search(line):
            raise msgspec.ValidationError("a zero byte in a text")
        record: Record = _DECODER.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        if _kind_of(line) in _KNOWN_KINDS or not _kind_of(line):
            raise UserError(f"Line {number} of the snapshot {name} is damaged ({error}); collect it again.") from None
        return None
    return record


def _header(line: bytes, name: str) -> Header:
    try:
        header = msgspec.json.decode(line, type=Header)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        header = None
    if header is None or _kind_of(line) != _kind_name(Header):
        raise UserError(f"{name} is not a pgclinic snapshot; make one with pgclinic snapshot.")
    if header.format_version > FORMAT_VERSION:
        raise UserError(
            f"The snapshot {name} has format {header.format_version}, and this pgclinic reads up to {FORMAT_VERSION}; "
            "upgrade pgclinic."
        )
    return header


def _kind_of(line: bytes) -> str:
    try:
        return msgspec.json.decode(line, type=_Kind).record
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return ""


def _kind_name(kind: type[Record]) -> str:
    return str(kind.__struct_config__.tag)


def _kind_names(kinds: Iterable[type[Record]]) -> frozenset[str]:
    return frozenset(map(_kind_name, kinds))


_DECODER: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
_KNOWN_KINDS = _kind_names(get_args(Record))
