"""Rows on their way in: gathered into groups, held back while too many wait. Policy only, by the caller's clock."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from pgclinic_runtime.batches.errors import Refusal
from pgclinic_runtime.grouping import Group, Limits


@dataclass(slots=True, eq=False)
class Batch:
    """A group with its idempotency key. ``kept``: on disk or in the database. ``done``: decided; what was refused."""

    key: UUID = field(default_factory=uuid4)
    lines: Sequence[bytes] = ()
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


class Intake:
    """Groups in the order of their rows. ``most_bytes`` bounds what is accepted and not yet decided."""

    def __init__(self, limits: Limits, most_bytes: int) -> None:
        if most_bytes < 1:
            raise ValueError("at least one byte has to wait")
        self.most_bytes = most_bytes
        self.undecided: set[Batch] = set()
        self._group: Group[bytes] = Group(limits)
        self._batch = Batch()
        self._ready: deque[Batch] = deque()
        self._held = 0

    def has_room(self) -> bool:
        """Whether another row may come in; it may pass the bound by its own size, so that any row can be written."""
        return self._held + self._group.bytes < self.most_bytes

    def add(self, line: bytes, now: float) -> tuple[Batch, int]:
        """Take a row in; returns its group and its place there."""
        batch, position = self._batch, len(self._group.rows)
        if not position:
            self.undecided.add(batch)
        self._group.add(line, len(line), now)
        if self._group.is_full(now):
            self.close()
        return batch, position

    def close(self) -> None:
        """End the present group, however small."""
        if self._group.rows:
            self._batch.bytes = self._group.bytes
            self._batch.lines = self._group.taken()
            self._held += self._batch.bytes
            self._ready.append(self._batch)
            self._batch = Batch()

    def restore(self, batch: Batch) -> None:
        """Take a group back in that an earlier process left."""
        self._held += batch.bytes
        self.undecided.add(batch)

    def next(self, now: float) -> Batch | None:
        """The oldest group that is to be written now."""
        if self._group.is_full(now):
            self.close()
        return self._ready.popleft() if self._ready else None

    def has_ready(self) -> bool:
        """Whether a group waits to be written."""
        return bool(self._ready)

    def waits(self, now: float) -> float | None:
        """Seconds until the present group is due by age; None while it is empty."""
        waits = self._group.waits(now)
        return None if waits == float("inf") else max(waits, 0.0)

    def decided(self, batch: Batch) -> None:
        """A group was written, or has failed: its room is free."""
        self._held -= batch.bytes
        self.undecided.discard(batch)
        batch.lines = ()
