"""Who calls whom and when: what several tables must agree on is a function of the call's number and the seed."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from itertools import compress
from typing import NamedTuple, TypeVar

import msgspec

_MASK = (1 << 64) - 1
SECOND = 1_000_000
"""Moments are microseconds since 1970 in UTC: whole numbers are exact, and ten times as fast as datetimes."""
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND
_SPAN = 365 * DAY
_CALLS_PER_NUMBER = 6
_LEAD_PATTERN = (False, True, False, False, True, False, False, True, False, False)
"""Which of ten consecutive calls become a lead: three."""
_BATCH = 512

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Item = TypeVar("Item")


@cache
def _hour(hours: int) -> str:
    return (_EPOCH + timedelta(hours=hours)).strftime("%Y-%m-%d %H:")


_MINUTES = tuple(f"{second // 60:02d}:{second % 60:02d}" for second in range(3600))


def timestamp(moment: int) -> str:
    """A moment as timestamptz."""
    seconds, microseconds = divmod(moment, SECOND)
    hours, second = divmod(seconds, 3600)
    return f"{_hour(hours)}{_MINUTES[second]}.{microseconds:06d}+00"


def date(moment: int) -> str:
    """The day of a moment."""
    return _hour(moment // (60 * MINUTE))[:10]


def mixed(number: int) -> int:
    """A 64-bit number that looks random; different numbers give different results (SplitMix64, Steele et al. 2014)."""
    number = (number * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) & _MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _MASK
    return number ^ (number >> 31)


def picks(draw: random.Random, pool: Sequence[Item]) -> Iterator[Item]:
    """Endless draws from a pool, a batch at a time: four times as fast as one by one."""
    while True:
        yield from draw.choices(pool, k=_BATCH)


class Call(NamedTuple):
    """What other tables know of a call; ``created_at`` is a moment."""

    call_id: str
    phone_number: str
    created_at: int


class World(msgspec.Struct, frozen=True, dict=True):
    """``calls`` calls over the year that ends at ``now`` (UTC); every other table's size follows from it."""

    calls: int
    seed: int
    now: datetime

    def random(self, table: str) -> random.Random:
        """A table's own stream, so that one table's rows do not move when another's change."""
        return random.Random(f"{self.seed}/{table}")  # noqa: S311 - reproducible data, no secret

    def keys(self, table: str) -> Iterator[str]:
        """A table's primary keys, row by row, endless: version 4 UUIDs."""
        draw = self.random(f"{table}.id")
        while True:
            digits = draw.randbytes(16 * _BATCH).hex()
            for start in range(0, len(digits), 32):
                middle = start + 16
                yield (
                    f"{digits[start : start + 8]}-{digits[start + 8 : start + 12]}-4{digits[start + 13 : middle]}-"
                    f"8{digits[middle + 1 : middle + 4]}-{digits[middle + 4 : start + 32]}"
                )

    def call(self, number: int) -> Call:
        """The call of this number: evenly over the year; a few callers call very often, most only now and then."""
        mix = mixed(self._salt + number)
        draw = (mix & 0xFFFFFFFF) / (1 << 32)
        phone_number = self.phone_numbers[int(draw * draw * len(self.phone_numbers))]
        created = self._start + number * self._pace + ((mix >> 44) * self._pace >> 20)
        return Call(f"call_{mix:016x}", phone_number, created)

    def leads(self) -> Iterator[int]:
        """The calls that became a lead, in order."""
        pattern = _LEAD_PATTERN * (self.calls // len(_LEAD_PATTERN) + 1)
        return compress(range(self.calls), pattern)

    @cached_property
    def end(self) -> int:
        """The moment at which the data ends."""
        return (self.now - _EPOCH) // timedelta(microseconds=1)

    @cached_property
    def phone_numbers(self) -> tuple[str, ...]:
        """The callers' numbers, the most frequent first, in Québec's area codes."""
        areas = ("514", "450", "438", "579", "418")
        draws = (mixed(self._salt + (1 << 40) + i) for i in range(max(self.calls // _CALLS_PER_NUMBER, 5)))
        return tuple(f"+1{areas[draw % len(areas)]}{2_000_000 + (draw >> 8) % 8_000_000}" for draw in draws)

    @cached_property
    def _start(self) -> int:
        return self.end - _SPAN

    @cached_property
    def _pace(self) -> int:
        """Microseconds from one call to the next, on average."""
        return _SPAN // self.calls

    @cached_property
    def _salt(self) -> int:
        return mixed(self.seed + (1 << 32))
