"""Types whose values lie on a line: each value as a whole number and back, so that one may lie between two others."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import TypeAlias
from uuid import UUID

import msgspec

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_DAY = date(2000, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_DAY_MICROSECONDS = 86_400_000_000
_MOST = 2**62
"""What is beyond does not fit into the arithmetic, and is left out."""

_UUID_SHIFT = 66
_UUID_FILLER = 0x9E3779B97F4A7C15
_INTEGERS = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": _MOST}
_DECIMALS = re.compile(r"numeric\(\d+,(-?\d+)\)")
_WIDTH = re.compile(r"(?:character varying|character|bit varying|bit)\((\d+)\)")
_MOST_DECIMALS = 6
_OFFSET = re.compile(r"[+-]\d\d$")


class Axis(msgspec.Struct, frozen=True):
    """``read`` raises ValueError for what is not on it (infinity, NaN). ``lowest`` and ``highest`` are inclusive."""

    read: Callable[[str], int]
    write: Callable[[int], str]
    lowest: int = -_MOST
    highest: int = _MOST
    start: int = 1
    """Where values begin of which nothing is known."""
    step: int = 1
    """How far apart those are."""


MaybeAxis: TypeAlias = Axis | None


def axis_of(type_name: str, known: tuple[str, ...], clock: str) -> MaybeAxis:  # noqa: PLR0911 - one a type
    """The axis of a base type, None where there is none. ``known`` values tell how many decimals are in use.

    Of moments nothing is known but the snapshot's ``clock``, ISO 8601: theirs is the year before it.
    """
    bare = type_name.partition("(")[0]
    if type_name in _INTEGERS:
        highest = _INTEGERS[type_name]
        return Axis(int, str, -highest - 1 if highest < _MOST else -_MOST, highest)
    if bare in {"numeric", "real", "double precision"}:
        return _decimal(type_name, known)
    if bare.startswith("timestamp"):
        return _moments(clock, with_zone="with time zone" in type_name)
    match bare:
        case "date":
            today = (_parsed(clock).date() - _DAY).days
            return Axis(lambda text: (date.fromisoformat(text) - _DAY).days, _written_day, -730_000, 2_900_000, today)
        case "time" | "time without time zone":
            return Axis(_read_time, _written_time, 0, _DAY_MICROSECONDS - 1, 0, 1_000_000)
        case "uuid":
            return Axis(_read_uuid, _written_uuid, 0, _MOST - 1, 0, _MOST // 2_000_003)
        case "inet" if all(re.fullmatch(r"\d+\.\d+\.\d+\.\d+", value) for value in known):
            return Axis(_read_address, _written_address, 0, 2**32 - 1, 10 << 24)
    return None


def longest(type_name: str) -> int | None:
    """How many characters a value of the type may have, None where it is not said."""
    found = _WIDTH.fullmatch(type_name)
    return int(found[1]) if found else None


def _decimal(type_name: str, known: tuple[str, ...]) -> Axis:
    declared = _DECIMALS.fullmatch(type_name)
    if declared:
        decimals = max(0, int(declared[1]))
    elif "(" in type_name and type_name.startswith("numeric"):
        decimals = 0
    else:
        decimals = max((len(value.partition(".")[2]) for value in known if "e" not in value), default=2)
    decimals = min(decimals, _MOST_DECIMALS)
    factor = Decimal(10) ** decimals

    def read(text: str) -> int:
        try:
            number = Decimal(text) * factor
        except InvalidOperation as error:
            raise ValueError(text) from error
        if not number.is_finite() or abs(number) > _MOST:
            raise ValueError(text)
        return round(number)

    def write(number: int) -> str:
        return str(Decimal(number).scaleb(-decimals)) if decimals else str(number)

    return Axis(read, write)


def _parsed(text: str) -> datetime:
    parsed = datetime.fromisoformat(text + ":00" if _OFFSET.search(text) and ":" in text else text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _moments(clock: str, *, with_zone: bool) -> Axis:
    def read(text: str) -> int:
        return (_parsed(text) - _EPOCH) // _MICROSECOND

    def write(number: int) -> str:
        moment = _EPOCH + number * _MICROSECOND
        return moment.isoformat(sep=" ") if with_zone else moment.replace(tzinfo=None).isoformat(sep=" ")

    low, high = -62_000_000_000 * 1_000_000, 250_000_000_000 * 1_000_000
    return Axis(read, write, low, high, read(clock) - 365 * _DAY_MICROSECONDS, 60_000_000)


def _written_day(number: int) -> str:
    return (_DAY + timedelta(days=number)).isoformat()


def _read_time(text: str) -> int:
    value = time.fromisoformat(text)
    seconds = (value.hour * 60 + value.minute) * 60 + value.second
    return seconds * 1_000_000 + value.microsecond


def _written_time(number: int) -> str:
    return (_EPOCH + number * _MICROSECOND).time().isoformat()


def _read_uuid(text: str) -> int:
    return UUID(text).int >> _UUID_SHIFT


def _written_uuid(number: int) -> str:
    low = number * _UUID_FILLER % (1 << _UUID_SHIFT)
    return str(UUID(int=(number << _UUID_SHIFT) | low))


def _read_address(text: str) -> int:
    total = 0
    for part in text.split("."):
        total = total * 256 + int(part)
    return total


def _written_address(number: int) -> str:
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
