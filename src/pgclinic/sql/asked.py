"""What applications ask of a database: each statement with its share of the time, read when a check wants it."""

from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import takewhile

import msgspec

from pgclinic.model.catalog import Relation
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_pages, known_rows
from pgclinic.sql.commented import first_seen_from
from pgclinic.sql.conditions import Comparison
from pgclinic.sql.counted import CountedStatement, counted
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.shape import StatementReading, reading_of
from pgclinic.sql.statements import UnreadableSqlError


class AskedStatement(msgspec.Struct, frozen=True, dict=True):
    """A statement of the workload. ``share`` is of all time, ``calls_share`` of all calls, both from 0 to 1."""

    counted: CountedStatement
    share: float
    calls_share: float
    snapshot: Snapshot

    @cached_property
    def reading(self) -> StatementReading | None:
        """Its parse tree and what it asks of which table; None for what cannot be read."""
        try:
            return reading_of(self.counted.text, resolver_of(self.snapshot, self.counted.role))
        except UnreadableSqlError:
            return None

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """What it compares; nothing for what cannot be read."""
        return self.reading.comparisons if self.reading is not None else ()

    @property
    def object(self) -> ObjectName:
        """The statement as the object of a finding."""
        return ObjectName("statement", self.counted.fingerprint)

    @property
    def rows_per_call(self) -> float:
        """Rows returned or changed."""
        return self.counted.rows / self.counted.calls

    @property
    def pages_per_call(self) -> float:
        """Pages asked for, in memory or not."""
        return self.counted.shared_blks / self.counted.calls

    def reads_much_of(self, name: RelationName, part: float, min_rows: int = 0) -> Relation | None:
        """The table, when it has these rows and an average call touches at least this part of its pages, or None."""
        relation = self.snapshot.relation_by_name.get(name)
        if relation is None or (min_rows and known_rows(self.snapshot, relation) < min_rows):
            return None
        pages = known_pages(self.snapshot, relation)
        return relation if pages and self.pages_per_call >= part * pages else None

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What every finding about a statement tells of it."""
        return (
            Fact("text", self.counted.text, Unit.TEXT),
            Fact("share", self.share, Unit.RATIO),
            Fact("calls", self.counted.calls),
            Fact("mean", self.counted.mean_ms, Unit.MILLISECONDS),
            Fact("rows_per_call", self.rows_per_call),
            Fact("pages_per_call", self.pages_per_call),
            *first_seen_from(self.counted.text),
        )


def notable(snapshot: Snapshot, share: float, calls: int = 1) -> Iterator[AskedStatement]:
    """The statements that take this share of all time and were called so often, the heaviest first."""
    heavy = takewhile(lambda statement: statement.share >= share, asked(snapshot))
    return (statement for statement in heavy if statement.counted.calls >= calls)


class _Same:
    """A snapshot compared by identity: comparing its values would read all of it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def __hash__(self) -> int:
        return id(self.snapshot)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.snapshot is self.snapshot


def asked(snapshot: Snapshot) -> tuple[AskedStatement, ...]:
    """Every readable statement, the heaviest first. What is read of one is kept for the next check that asks."""
    return _asked(_Same(snapshot))


@lru_cache(maxsize=2)
def _asked(same: _Same) -> tuple[AskedStatement, ...]:
    workload = counted(same.snapshot.statements)
    return tuple(
        AskedStatement(
            one,
            one.total_ms / workload.total_ms if workload.total_ms else 0.0,
            one.calls / workload.calls if workload.calls else 0.0,
            same.snapshot,
        )
        for one in workload.statements
    )
