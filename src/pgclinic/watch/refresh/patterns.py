"""Tables partitioned by range of a time whose partitions follow one another regularly: how the next ones would be.

Pure. Regular is what the newest partitions (three at least) show: each begins where the one before ends, all are of one
width, and their names tell their beginnings in one way. Anything else is left to its owner.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec

from pgclinic.model.catalog import Relation
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies.partition_table import Upkeep
from pgclinic.sql.partitions import key_of, range_of

_FEWEST = 3
_LOOKED_AT = 12
_NAMINGS = (
    ("_YYYY_MM_DD", "_%Y_%m_%d"),
    ("_YYYYMMDD", "_%Y%m%d"),
    ("_YYYY_MM_DD_HH24", "_%Y_%m_%d_%H"),
    ("_YYYYMMDDHH24", "_%Y%m%d%H"),
    ("_YYYY_MM", "_%Y_%m"),
    ("_YYYYMM", "_%Y%m"),
    ("_YYYY", "_%Y"),
    ('"_p"YYYY_MM_DD', "_p%Y_%m_%d"),
    ('"_p"YYYYMMDD', "_p%Y%m%d"),
    ('"_p"YYYY_MM', "_p%Y_%m"),
    ('"_p"YYYY', "_p%Y"),
    ('"_y"YYYY"m"MM"d"DD', "_y%Ym%md%d"),
    ('"_y"YYYY"m"MM', "_y%Ym%m"),
    ('"_y"YYYY', "_y%Y"),
    ('_IYYY"w"IW', "_%Gw%V"),
    ('_IYYY_"w"IW', "_%G_w%V"),
)
"""How names tell a time: for to_char, and for strftime."""


class Irregular(msgspec.Struct, frozen=True):
    """A table partitioned by a time whose next partitions cannot be told, and why."""

    table: RelationName
    reason: str


class _Part(msgspec.Struct, frozen=True):
    name: str
    low: datetime
    high: datetime


def upkeeps(snapshot: Snapshot) -> Iterator[Upkeep | Irregular]:
    """What would make the next partitions of each table, or why nothing is to, in the order of the catalog."""
    for table in snapshot.relations:
        if table.kind != "p":
            continue
        key = key_of(table.partition_key or "")
        if key is None or key.strategy != "range" or not key.is_plain or len(key.columns) != 1:
            continue
        (column,) = (each for each in snapshot.columns_of.get(table.oid, ()) if each.name == key.columns[0])
        if not column.type.startswith(("date", "timestamp")):
            continue
        try:
            yield _upkeep(snapshot, table, column.name, column.type)
        except _IrregularError as error:
            yield Irregular(table.relation_name, str(error))


class _IrregularError(Exception):
    """Why the next partitions cannot be told."""


def _upkeep(snapshot: Snapshot, table: Relation, key: str, key_type: str) -> Upkeep:
    newest = _newest(snapshot.children_of.get(table.oid, ()))
    if any(before.high != after.low for before, after in pairwise(newest)):
        raise _IrregularError("there are gaps between its partitions")
    if _moment(snapshot.header.clock) - newest[-1].high > _LOOKED_AT * (newest[-1].high - newest[-1].low):
        raise _IrregularError("its newest partition ended long ago")
    stem, suffix = _naming(newest)
    return Upkeep(table=table.relation_name, key=key, key_type=key_type, width=_width(newest), stem=stem, suffix=suffix)


def _newest(children: Sequence[Relation]) -> list[_Part]:
    if any(child.kind != "r" for child in children):
        raise _IrregularError("its partitions are partitioned again")
    parts = []
    for child in children:
        span = range_of(child.partition_bound or "")
        if span is not None and span.high is None:
            raise _IrregularError("a partition has no end")
        if span is not None and span.low is not None and span.high is not None:
            parts.append(_Part(child.name, _moment(span.low), _moment(span.high)))
    if len(parts) < _FEWEST:
        raise _IrregularError(f"it has fewer than {_FEWEST} partitions with two bounds")
    return sorted(parts, key=lambda part: part.low)[-_LOOKED_AT:]


def _width(parts: Sequence[_Part]) -> str:
    """As an interval."""
    months = {_months(part) for part in parts}
    if len(months) == 1 and (number := next(iter(months))):
        return f"{number} month"
    spans = {part.high - part.low for part in parts}
    span = next(iter(spans))
    if len(spans) > 1 or span % timedelta(hours=1):
        raise _IrregularError("its partitions are not of one width (in UTC)")
    return f"{span // timedelta(hours=1)} hour" if span % timedelta(days=1) else f"{span.days} day"


def _months(part: _Part) -> int:
    """Whole months from a first of a month to another, else 0."""
    if part.low.day != 1 or part.high.day != 1 or part.low.time() != part.high.time():
        return 0
    return 12 * (part.high.year - part.low.year) + part.high.month - part.low.month


def _naming(parts: Sequence[_Part]) -> tuple[str, str]:
    """What all names begin with, and how they go on with the time at which the partition begins."""
    for suffix, written in _NAMINGS:
        ends = [part.low.strftime(written) for part in parts]
        stems = {part.name.removesuffix(end) for part, end in zip(parts, ends, strict=True) if part.name.endswith(end)}
        fits = all(part.name.endswith(end) for part, end in zip(parts, ends, strict=True))
        if fits and len(stems) == 1 and len(set(ends)) == len(ends):
            return next(iter(stems)), suffix
    raise _IrregularError("the names of its partitions tell no time in a way that is known")


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
