"""Rows on their way in: gathered into groups, held back while too many wait. Policy only, by the caller's clock."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from pgclinic_runtime.batches.blocks import Block, cut
from pgclinic_runtime.batches.errors import Refusal
from pgclinic_runtime.grouping import Group, Limits

_FIRST_ROWS, _ROWS, _BLOCK_BYTES = 20, 200, 65_536
"""Of rows that are encoded together: as many as are no more bytes, by what those before them were."""
_IDLE_PART, _IDLE_ROWS = 8, 100
"""A group of an eighth of its limit, and of so many rows, is written at once when nothing else is being written."""


@dataclass(slots=True, eq=False)
class Batch:
    """A group with its idempotency key. ``kept``: on disk or in the database. ``done``: decided; what was refused."""

    key: UUID = field(default_factory=uuid4)
    blocks: Sequence[Block] = ()
    bytes: int = 0
    kept: "Future[None]" = field(default_factory=Future)
    done: "Future[tuple[Refusal, ...]]" = field(default_factory=Future)

    def decide(self, refusals: tuple[Refusal, ...], error: Exception | None) -> None:
        """Tell those who wait."""
        if error is None:
            if not self.kept.done():
                self.kept.set_result(None)
            self.done.set_result(refusals)
        else:
            if not self.kept.done():
                self.kept.set_exception(error)
            self.done.set_exception(error)


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
        except Exception:  # noqa: BLE001 - of whatever kind: it is met again, and by its row
            yield from (Block(encode((row,)), 1) for row in some)
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
    """Groups in the order of their rows. ``most_bytes`` bounds what is accepted and not yet decided."""

    def __init__(self, limits: Limits, most_bytes: int) -> None:
        if most_bytes < 1:
            raise ValueError("at least one byte has to wait")
        self.most_bytes = most_bytes
        self.undecided: set[Batch] = set()
        self._limits = limits
        self._group: Group[Block] = Group(limits)
        self._batch = Batch()
        self._ready: deque[Batch] = deque()
        self._held = 0

    def has_room(self) -> bool:
        """Whether more may come in; it may pass the bound by its own size, so that any row can be written."""
        return self._held + self._group.bytes < self.most_bytes

    def add(self, block: Block, now: float) -> list[Part]:
        """Take rows in; returns where they are: in which groups, from which place to before which."""
        parts: list[Part] = []
        waiting = [block]
        while waiting:
            some = waiting.pop()
            room = self._limits.rows - self._group.rows
            is_much = self._group.bytes + len(some.data) > self._limits.bytes
            if some.rows > 1 and (some.rows > room or is_much):
                # So that the group is full as soon as it may be.
                waiting += reversed(cut(some, some.rows // 2 if is_much else room))
                continue
            batch, start = self._batch, self._group.rows
            self.undecided.add(batch)
            self._group.add(some, some.rows, len(some.data), now)
            join(parts, [(batch, start, start + some.rows)])
            if self._group.is_full(now):
                self.close()
        return parts

    def close(self) -> None:
        """End the present group, however small."""
        if self._group.rows:
            self._batch.bytes = self._group.bytes
            self._batch.blocks = self._group.taken()
            self._held += self._batch.bytes
            self._ready.append(self._batch)
            self._batch = Batch()

    def restored(self, key: UUID, data: bytes) -> Batch:
        """Take a group back in that an earlier process left on disk."""
        batch = Batch(key=key, blocks=(Block(data, data.count(b"\n")),), bytes=len(data))
        batch.kept.set_result(None)
        self._held += batch.bytes
        self.undecided.add(batch)
        return batch

    def next(self, now: float) -> Batch | None:
        """For one who has nothing to write: the oldest group that is to be written now."""
        if self._group.is_full(now) or (not self._ready and self._is_enough_for_the_idle()):
            self.close()
        return self._ready.popleft() if self._ready else None

    def has_ready(self) -> bool:
        """Whether one who has nothing to write could begin."""
        return bool(self._ready) or self._is_enough_for_the_idle()

    def _is_enough_for_the_idle(self) -> bool:
        return self._group.rows >= max(_IDLE_ROWS, self._limits.rows // _IDLE_PART)

    def waits(self, now: float) -> float | None:
        """Seconds until the present group is due by age; None while it is empty."""
        waits = self._group.waits(now)
        return None if waits == float("inf") else max(waits, 0.0)

    def decided(self, batch: Batch) -> None:
        """A group was written, or has failed: its room is free."""
        self._held -= batch.bytes
        self.undecided.discard(batch)
        batch.blocks = ()
