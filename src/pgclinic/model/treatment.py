"""A prescription being applied, and its journal."""

from enum import StrEnum

import msgspec

from pgclinic.model.preflight import Preflight
from pgclinic.model.prescription import Prescription


class State(StrEnum):
    """Where one prescription stands. Each is written to the journal before the next statement is run."""

    PLANNED = "planned"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One prescription of one treatment, as the journal holds it; times are ISO 8601 from the server's clock.

    ``note`` says why nothing had to be run for it (the same index is there already), or why it was kept or taken back
    afterwards. ``steps`` counts the statements of its ``do`` that were run to their end, ``undone`` those of its
    ``undo``, ``rows`` what its batches handled. ``longest_wait_ms`` is how long another session waited, at most,
    because of its locks. ``costs`` are what the server's planner said before it, by statement and way of asking.
    """

    treatment: str
    position: int
    prescription: Prescription
    state: State
    started_at: str | None = None
    ended_at: str | None = None
    error: str = ""
    note: str = ""
    steps: int = 0
    undone: int = 0
    rows: int = 0
    longest_wait_ms: float = 0.0
    applied_by: str = ""
    costs: dict[str, float] = {}

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do: it is done, or it was taken back because it did not do what it was for."""
        return self.state is State.DONE or (self.state is State.UNDONE and bool(self.note))


class Treatment(msgspec.Struct, frozen=True, kw_only=True):
    """A course being applied to a database: its id, who applies it, every entry in order, and what was seen first."""

    id: str
    applied_by: str
    entries: tuple[JournalEntry, ...]
    preflight: Preflight | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every prescription is done, or was taken back because it did not do what it was for."""
        return all(entry.is_settled for entry in self.entries)

    @property
    def longest_wait_ms(self) -> float:
        """How long another session waited, at most, because of the treatment's locks."""
        return max((entry.longest_wait_ms for entry in self.entries), default=0.0)


class Underway(msgspec.Struct, frozen=True, kw_only=True):
    """What a server process is doing for a prescription right now, in words; ``done`` of ``total`` blocks."""

    fingerprint: str
    pid: int
    words: str
    done: int = 0
    total: int = 0


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal of a database says, and what is going on in it.

    ``entries`` in the order in which they were begun; ``clinic`` says who is at work, empty when nobody is; ``clock``
    is the server's. ``next_steps`` are the commands that make sense now, each with what it does.
    """

    database: str
    clock: str
    is_journalled: bool
    entries: tuple[JournalEntry, ...] = ()
    clinic: str = ""
    underway: tuple[Underway, ...] = ()
    next_steps: tuple[tuple[str, str], ...] = ()
