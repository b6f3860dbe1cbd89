"""What somebody must have seen: the token of read-your-writes, for a process, a request, or a visitor with a cookie."""

import threading
from contextvars import ContextVar

from pgclinic_runtime.position import Position, carried, uncarried


class Session:
    """Reads of a session miss none of its writes. Shared by all threads and tasks in which it is current.

    ``token`` is the position after its last write, None when it has not written. ``wants_primary`` when it may have
    written at an unknown position (a commit whose answer got lost, an unreadable cookie): reads then go to the primary
    until one has told where that is.
    """

    __slots__ = ("_lock", "token", "wants_primary")

    def __init__(self, token: Position | None = None, *, wants_primary: bool = False) -> None:
        self._lock = threading.Lock()
        self.token = token
        self.wants_primary = wants_primary

    @classmethod
    def from_cookie(cls, text: str | None, key: bytes) -> "Session":
        """Take up what ``cookie`` gave out. What is forged or damaged can at worst send reads to the primary."""
        if not text:
            return cls()
        token = uncarried(text, key)
        return cls(token, wants_primary=token is None)

    def cookie(self, key: bytes) -> str | None:
        """The token as signed text for a cookie or header; None when there is nothing to carry.

        Where the position is unknown it is a text that ``from_cookie`` cannot read, which is the same.
        """
        if self.wants_primary:
            return "unknown"
        return carried(self.token, key) if self.token else None

    def wrote(self, position: Position) -> None:
        """It committed, and the primary was at ``position`` afterwards."""
        with self._lock:
            self.token = position.joined(self.token)

    def lost_sight(self) -> None:
        """It may have committed, nobody knows where."""
        self.wants_primary = True

    def saw_primary(self, position: Position) -> None:
        """The primary, asked since, is at ``position``: all earlier writes lie before it."""
        with self._lock:
            if self.wants_primary or (self.token and not position.covers(self.token)):
                self.token = position.joined(self.token)
                self.wants_primary = False


CURRENT: ContextVar[Session | None] = ContextVar("pgclinic_session", default=None)
"""The session of this thread or task, where one was begun."""
