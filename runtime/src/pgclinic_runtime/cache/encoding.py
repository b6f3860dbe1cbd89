"""Values as bytes that any process can read back safely: JSON with types, compressed above a size. No pickle.

What JSON has stays as it is; anything else is an object with one key that begins with ``~``. Bytes by themselves, such
as a rendered page, are not written as JSON at all. A value comes back equal and of the same type, or ``encode`` refuses
it.
"""

import datetime as dt
import json
import uuid
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any
from zoneinfo import ZoneInfo

COMPRESSED, TYPED, BYTES = 1, 2, 4
"""Bits of the flags that ``encode`` returns beside the bytes."""
COMPRESS_ABOVE = 2048
LARGEST = 256 * 1024 * 1024
"""More bytes than this are not unpacked: a foreign value could be a bomb."""

_PLAIN = frozenset({str, int, float, bool, type(None)})


def encode(value: object) -> tuple[int, bytes]:
    """Flags and bytes. Raises TypeError for a type that would not come back, ValueError for a circular value."""
    if type(value) is bytes:
        flags, data = BYTES, value
    else:
        typed, writable = _writable(value, 0)
        flags, data = TYPED if typed else 0, json.dumps(writable, separators=(",", ":")).encode()
    if len(data) > COMPRESS_ABOVE:
        packed = zlib.compress(data, 1)
        if len(packed) < len(data):
            return flags | COMPRESSED, packed
    return flags, data


def decode(flags: int, data: bytes) -> Any:  # noqa: ANN401 - what was cached
    """The value that ``encode`` was given. Raises ValueError for anything else."""
    try:
        if flags & COMPRESSED:
            data = unpacked(data)
        if flags & BYTES:
            return data
        text = data.decode()
        value, end = (_typed_decoder if flags & TYPED else _decoder).raw_decode(text)
    except (ArithmeticError, AttributeError, LookupError, TypeError, RecursionError, zlib.error, OSError) as error:
        raise ValueError(f"not a cached value: {error}") from error
    if end != len(text):
        raise ValueError("something follows a cached value")
    return value


def unpacked(data: bytes) -> bytes:
    """What was compressed. Raises ValueError or zlib.error for anything else."""
    unpacker = zlib.decompressobj()
    unpacked = unpacker.decompress(data, LARGEST)
    if not unpacker.eof:
        raise ValueError("a cached value is cut off, or too large")
    return unpacked


def _instant(value: dt.datetime) -> object:
    """Wall clock, which of two equal hours (``fold``), and the zone's name or its offset in seconds."""
    zone = value.tzinfo
    wall = [value.replace(tzinfo=None).isoformat(), value.fold]
    if zone is None:
        return wall
    if isinstance(zone, ZoneInfo) and zone.key:
        return [*wall, zone.key]
    if type(zone) is not dt.timezone:
        raise TypeError(f"a value of time zone {type(zone).__qualname__} cannot be cached")
    return [*wall, zone.utcoffset(None).total_seconds()]


def _from_instant(written: list[Any]) -> dt.datetime:
    value = dt.datetime.fromisoformat(written[0]).replace(fold=written[1])
    if len(written) == 2:  # noqa: PLR2004 - no zone
        return value
    place = written[2]
    zone = ZoneInfo(place) if isinstance(place, str) else dt.timezone(dt.timedelta(seconds=place)) if place else dt.UTC
    return value.replace(tzinfo=zone)


def _time(value: dt.time) -> object:
    if value.tzinfo is not None and type(value.tzinfo) is not dt.timezone:
        raise TypeError("a time of day in a named time zone cannot be cached")
    return [value.isoformat(), value.fold]


_WRITERS: dict[type, tuple[str, Callable[[Any], object]]] = {
    Decimal: ("~n", str),
    dt.datetime: ("~t", _instant),
    dt.date: ("~d", dt.date.isoformat),
    dt.time: ("~h", _time),
    dt.timedelta: ("~i", lambda value: [value.days, value.seconds, value.microseconds]),
    uuid.UUID: ("~u", lambda value: value.hex),
    bytes: ("~b", lambda value: b64encode(value).decode()),
    complex: ("~c", lambda value: [value.real, value.imag]),
    IPv4Address: ("~4", str),
    IPv6Address: ("~6", str),
    IPv4Network: ("~N", str),
    IPv6Network: ("~M", str),
}
_READERS: dict[str, Callable[[Any], object]] = {
    "~n": Decimal,
    "~t": _from_instant,
    "~d": dt.date.fromisoformat,
    "~h": lambda written: dt.time.fromisoformat(written[0]).replace(fold=written[1]),
    "~i": lambda written: dt.timedelta(*written),
    "~u": uuid.UUID,
    "~b": lambda written: b64decode(written, validate=True),
    "~c": lambda written: complex(*written),
    "~4": IPv4Address,
    "~6": IPv6Address,
    "~N": IPv4Network,
    "~M": IPv6Network,
    "~(": tuple,
    "~r": lambda written: [tuple(row) for row in written],
    "~s": set,
    "~f": frozenset,
    "~{": dict,
}
_COLLECTIONS: dict[type, str] = {tuple: "~(", set: "~s", frozenset: "~f"}
_DEEPEST = 200


def _writable(value: Any, depth: int) -> tuple[bool, Any]:  # noqa: ANN401 - any value
    """Whether it holds anything that JSON has not, and the value as JSON has it."""
    kind = type(value)
    if kind in _PLAIN:
        return False, value
    if depth > _DEEPEST:
        raise ValueError(f"a value nested more than {_DEEPEST} deep, or in itself, cannot be cached")
    writer = _WRITERS.get(kind)
    if writer is not None:
        return True, {writer[0]: writer[1](value)}
    if kind is dict:
        return _writable_dict(value, depth)
    if kind is list and value and all(type(row) is tuple for row in value):  # what a query returns
        return True, {"~r": [_items(row, depth)[1] for row in value]}
    if kind is list:
        return _items(value, depth)
    mark = _COLLECTIONS.get(kind)
    if mark is None:
        raise TypeError(f"a value of type {kind.__module__}.{kind.__qualname__} cannot be cached")
    return True, {mark: _items(value, depth)[1]}


def _items(values: Any, depth: int) -> tuple[bool, list[Any]]:  # noqa: ANN401 - any iterable
    typed = False
    written = []
    for value in values:
        if type(value) in _PLAIN:
            written.append(value)
        else:
            special, item = _writable(value, depth + 1)
            typed = typed or special
            written.append(item)
    return typed, written


def _writable_dict(value: dict[Any, Any], depth: int) -> tuple[bool, Any]:
    if any(type(key) is not str for key in value) or (len(value) == 1 and next(iter(value)).startswith("~")):
        return True, {
            "~{": [[_writable(key, depth + 1)[1], _writable(each, depth + 1)[1]] for key, each in value.items()]
        }
    typed, items = _items(value.values(), depth)
    return typed, dict(zip(value, items, strict=True))


def _revived(found: dict[str, Any]) -> object:
    if len(found) == 1:
        ((key, written),) = found.items()
        if key.startswith("~"):
            return _READERS[key](written)
    return found


_decoder = json.JSONDecoder()
_typed_decoder = json.JSONDecoder(object_hook=_revived)
