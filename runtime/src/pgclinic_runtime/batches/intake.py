"""Rows on their way in: gathered into groups, held back while too many wait. Policy only, by the caller's clock."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from pgclinic_runtime.batches.blocks import Block, cut
from pgclinic_runtime.batches.errors import Refusal
from pgclinic_runtime.grouping import Group, Limits
from pgclinic_runtime.waiting import Promise

_FIRST_ROWS, _ROWS, _BLOCK_BYTES = 20, 100, 65_536
"""Of rows that are encoded together: as many as are no more bytes, by what those before them were."""
_IDLE_PART, _IDLE_ROWS = 8, 100
"""A group of an eighth of its limit, and of so many rows, is written at once when nothing else is being written."""


@dataclass(slots=True, eq=False)
class Batch:
    """A group with its idempotency key; ``before``: the bytes of all groups before it.

    ``kept``: on disk or in the database. ``done``: decided; what was refused.
    """

    group: Group[Block]
    before: int = 0
    key: UUID = field(default_factory=uuid4)
    kept: Promise[None] = field(default_factory=Promise)
    done: Promise[tuple[Refusal, ...]] = field(default_factory=Promise)

    @property
    def blocks(self) -> Sequence[Block]:
        """Its rows, until they are decided."""
        return self.group.given

    def decide(self, refusals: tuple[Refusal, ...], error: Exception | None) -> None:
        """Tell those who wait."""
        if error is None:
            if not self.kept.is_set():
                self.kept.settle(None)
            self.done.settle(refusals)
        else:
            if not self.kept.is_set():
                self.kept.fail(error)
            self.done.fail(error)


Part = tuple[Batch, int, int]


def encoded(encode: Callable[[Sequence[Any]], bytes], rows: Iterable[Any]) -> Iterator[Block]:
    """Rows as blocks: many at once of a list, which is there already; one by one of what may be slow.

    At a row that is none, those before it come first and then its error.
    """
    if not isinstance(rows, (list, tuple)):
        yield from (Block(encode((row,)), 1) for row in rows)
        return
    start, count = 0, _FIRST_ROWS
    while some := rows[start : start + count]:
        try:
            data = encode(some)
        except Exception:  # of whatever kind: it is met again, and by its row
            yield from (Block(encode((row,)), 1) for row in some)
            raise  # no row's: a signal's handler raised it
        else:
            yield Block(data, len(some))
            count = max(1, min(_ROWS, _BLOCK_BYTES * len(some) // max(1, len(data))))
        start += len(some)


def pieces(block: Block) -> Iterator[Block]:
    """Rows to be let in together: a block, or less of it where it is large."""
    if block.rows == 1 or len(block.data) <= _BLOCK_BYTES:
        yield block
    else:
        for part in cut(block, block.rows // 2):
            yield from pieces(part)


def join(parts: list[Part], more: Sequence[Part]) -> None:
    """Add parts, as one where one follows the other in their group: another thread's rows may be between them."""
    for batch, start, stop in more:
        first = parts.pop()[1] if parts and parts[-1][0] is batch and parts[-1][2] == start else start
        parts.append((batch, first, stop))


class Intake:
    """Groups in the order of their rows. ``most_bytes`` bounds what is accepted and not yet decided.

    Whoever gives it rows may be interrupted by an exception at any instant. Each change that is made for them is
    therefore one append, and what follows from it is computed.
    """

    def __init__(self, limits: Limits, most_bytes: int) -> None:
        if most_bytes < 1:
            raise ValueError("at least one byte has to wait")
        self.most_bytes = most_bytes
        self._limits = limits
        self._enough = max(_IDLE_ROWS, limits.rows // _IDLE_PART)
        self._batches = deque([Batch(Group(limits))])  # the last takes rows in, those before it are ready
        self._taken: dict[Batch, None] = {}
        self._decided_bytes = 0

    def undecided(self) -> list[Batch]:
        """Groups with rows of which it is not known what became of them, the oldest first."""
        return [*self._taken, *(batch for batch in self._batches if batch.group.rows)]

    def is_busy(self) -> bool:
        """Whether a whole group is undecided."""
        return bool(self._taken) or len(self._batches) > 1

    def has_room(self) -> bool:
        """Whether more may come in; it may pass the bound by its own size, so that any row can be written."""
        last = self._batches[-1]
        return last.before + last.group.bytes - self._decided_bytes < self.most_bytes

    def wakes(self, block: Block) -> bool:
        """Whether one who has nothing to write has to look again once these rows are in.

        They may begin a group, whose age counts from then, or be enough.
        """
        group = self._batches[-1].group
        return (
            not group.rows
            or group.rows + block.rows >= min(self._enough, self._limits.rows)
            or group.bytes + len(block.data) >= self._limits.bytes
        )

    def add(self, block: Block, now: float) -> list[Part]:
        """Take rows in; returns where they are: in which groups, from which place to before which."""
        parts: list[Part] = []
        waiting = [block]
        while waiting:
            if self._batches[-1].group.is_full(now):  # an interruption came before it was closed
                self.close()
            some = waiting.pop()
            batch = self._batches[-1]
            group = batch.group
            start = group.rows
            room = self._limits.rows - start
            is_much = group.bytes + len(some.data) > self._limits.bytes
            if some.rows > 1 and (some.rows > room or is_much):
                # So that the group is full as soon as it may be.
                waiting += reversed(cut(some, some.rows // 2 if is_much else room))
                continue
            group.add(some, some.rows, len(some.data), now)
            join(parts, [(batch, start, start + some.rows)])
            if group.is_full(now):
                self.close()
        return parts

    def close(self) -> bool:
        """End the present group, however small; whether there was one."""
        last = self._batches[-1]
        if not last.group.rows:
            return False
        self._batches.append(Batch(Group(self._limits), last.before + last.group.bytes))
        return True

    def restored(self, key: UUID, data: bytes) -> Batch:
        """Take a group back in that an earlier process left on disk."""
        batch = Batch(Group(self._limits), key=key)
        batch.group.add(Block(data, data.count(b"\n")), data.count(b"\n"), len(data), 0)
        batch.kept.settle(None)
        self._taken[batch] = None
        self._decided_bytes -= batch.group.bytes
        return batch

    def next(self, now: float) -> Batch | None:
        """For one who has nothing to write: the oldest group that is to be written now."""
        group = self._batches[-1].group
        if group.is_full(now) or (len(self._batches) == 1 and group.rows >= self._enough):
            self.close()
        if len(self._batches) == 1:
            return None
        batch = self._batches.popleft()
        self._taken[batch] = None
        return batch

    def waits(self, now: float) -> float | None:
        """Seconds until the present group is due by age; None while it is empty."""
        waits = self._batches[-1].group.waits(now)
        return None if waits == float("inf") else max(waits, 0.0)

    def decided(self, batch: Batch) -> None:
        """A group was written, or has failed: its room is free."""
        self._decided_bytes += batch.group.bytes
        self._taken.pop(batch, None)
        batch.group = Group(self._limits)
