"""What a regular checkup finds by looking back. Times are ISO 8601."""

import msgspec

from pgclinic.model.names import ObjectName


class Slowdown(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that takes longer than it did: mean times in ms, of so many calls, with ``factor`` between them.

    ``share`` is which part of all time it takes now, ``chance`` how likely so great a difference is by chance alone.
    """

    queryid: str
    role: str
    fingerprint: str
    text: str
    before_ms: float
    now_ms: float
    before_calls: int
    now_calls: int
    share: float
    chance: float

    @property
    def factor(self) -> float:
        """How many times longer it takes."""
        return self.now_ms / self.before_ms


class AfterTreatment(msgspec.Struct, frozen=True, kw_only=True):
    """A treatment after which statements that it was to help, or must not harm, take longer: undo is proposed.

    ``item`` is its place in the journal, as ``pgclinic undo --item`` takes it.
    """

    item: int
    object: ObjectName
    ended_at: str
    slowdowns: tuple[Slowdown, ...]


class Night(msgspec.Struct, frozen=True, kw_only=True):
    """What one night's checkup says beside its grade.

    ``slower`` are statements against the week before, ``harmed`` treatments to think over. ``watched_seconds`` of the
    last ``window_seconds`` were watched, on every one of ``servers``: that is how long the evidence of unused indexes
    is. ``unwatched_replicas`` are replicas that nobody watches, whose use of an index is not known.
    """

    at: str
    score: float
    letter: str
    slower: tuple[Slowdown, ...] = ()
    harmed: tuple[AfterTreatment, ...] = ()
    window_seconds: float = 0.0
    watched_seconds: float = 0.0
    servers: tuple[str, ...] = ()
    unwatched_replicas: int = 0
