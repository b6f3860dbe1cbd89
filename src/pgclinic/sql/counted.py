"""The statements of pg_stat_statements whose time counts: what applications ask, each statement once."""

import math
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import msgspec

from pgclinic.sql.statements import UnreadableSqlError, fingerprint, kind

if TYPE_CHECKING:
    from pgclinic.model.counters import StatementCounters


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """Several rows of pg_stat_statements as one; ``text`` and ``role`` are those of the row with the most time."""

    text: str
    role: str
    calls: int
    rows: int
    total_ms: float


class CountedStatement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement over all roles and query ids that share its fingerprint; times in ms, blocks in pages.

    ``verb`` is ``select insert update delete merge``, ``role`` the one that it takes the most time of.
    ``shared_blks`` are pages asked for, ``shared_blks_read`` those of them that were not in shared_buffers.
    ``wal_records`` are counted from 13 on: one for each row written, and for each entry in an index.
    """

    fingerprint: str
    text: str
    verb: str
    calls: int
    rows: int
    total_ms: float
    mean_ms: float
    stddev_ms: float
    max_ms: float
    shared_blks: int
    shared_blks_read: int
    temp_blks_written: int
    wal_records: int = 0
    role: str = ""


class CountedWorkload(msgspec.Struct, frozen=True, dict=True):
    """``statements`` by total time, the heaviest first; ``unreadable_ms`` is time whose text could not be parsed."""

    statements: tuple[CountedStatement, ...]
    unreadable_ms: float

    @cached_property
    def total_ms(self) -> float:
        """All time that counts."""
        return sum(statement.total_ms for statement in self.statements) + self.unreadable_ms

    @cached_property
    def shared_blks(self) -> int:
        """Pages that readable statements asked for."""
        return sum(statement.shared_blks for statement in self.statements)

    @cached_property
    def shared_blks_read(self) -> int:
        """Of these, the pages that were not in shared_buffers."""
        return sum(statement.shared_blks_read for statement in self.statements)

    @cached_property
    def calls(self) -> int:
        """Calls of all readable statements."""
        return sum(statement.calls for statement in self.statements)


@lru_cache(maxsize=8)
def counted(statements: "tuple[StatementCounters, ...]") -> CountedWorkload:
    """Merge what the server counted by fingerprint.

    Left out: utility statements (COPY, VACUUM, CREATE INDEX …), which are not what an application waits for again
    and again, and statements inside functions, whose time is already in their caller's.
    """
    groups: dict[tuple[str, str], list[StatementCounters]] = {}
    unreadable_ms = 0.0
    for statement in statements:
        if not statement.is_toplevel or not statement.calls:
            continue
        try:
            verb = kind(statement.text).verb
            if verb != "utility":
                groups.setdefault((fingerprint(statement.text), verb), []).append(statement)
        except UnreadableSqlError:
            unreadable_ms += statement.total_ms
    merged = [_merged(key, verb, rows) for (key, verb), rows in groups.items()]
    return CountedWorkload(tuple(sorted(merged, key=lambda one: (-one.total_ms, one.fingerprint))), unreadable_ms)


def summed(rows: "list[StatementCounters]") -> Sums:
    """What one statement's rows, of several roles or spellings, say together."""
    heaviest = min(rows, key=lambda row: (-row.total_ms, row.text, row.role))
    return Sums(
        text=heaviest.text,
        role=heaviest.role,
        calls=sum(row.calls for row in rows),
        rows=sum(row.rows for row in rows),
        total_ms=sum(row.total_ms for row in rows),
    )


def _merged(key: str, verb: str, rows: "list[StatementCounters]") -> CountedStatement:
    sums = summed(rows)
    mean = sums.total_ms / sums.calls
    # By hypot, which does not overflow where squares of what a snapshot may state would.
    spreads = (math.sqrt(row.calls / sums.calls) * math.hypot(row.stddev_ms, row.mean_ms - mean) for row in rows)
    deviation = math.hypot(*spreads)
    return CountedStatement(
        fingerprint=key,
        text=sums.text,
        role=sums.role,
        verb=verb,
        calls=sums.calls,
        rows=sums.rows,
        total_ms=sums.total_ms,
        mean_ms=mean,
        stddev_ms=deviation,
        max_ms=max(row.max_ms for row in rows),
        shared_blks=sum(row.shared_blks_hit + row.shared_blks_read for row in rows),
        shared_blks_read=sum(row.shared_blks_read for row in rows),
        temp_blks_written=sum(row.temp_blks_written for row in rows),
        wal_records=sum(row.wal_records for row in rows),
    )
