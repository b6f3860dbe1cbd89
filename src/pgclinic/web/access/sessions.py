"""Sessions of browsers, in memory: a restart ends them all."""

import secrets
import time
from collections.abc import Callable
from threading import Lock

import msgspec

from pgclinic.web.access.policy import digest_of
from pgclinic.web.access.visitor import Role, Visitor

LONGEST_SECONDS = 12 * 3600
_MOST = 1000


class _Session(msgspec.Struct, frozen=True):
    visitor: Visitor
    until: float


class Sessions:
    """Who came in with a token, by the digest of their cookie; ``clock`` is in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._of: dict[bytes, _Session] = {}

    def begin(self, role: Role) -> str:
        """A new session; returns its cookie's value."""
        cookie = secrets.token_urlsafe(32)
        visitor = Visitor(role=role, session=secrets.token_bytes(32))
        with self._lock:
            now = self._clock()
            kept = {key: each for key, each in self._of.items() if each.until > now}
            # Whoever opens more than anybody needs loses the oldest; dictionaries keep their order.
            self._of = dict(list(kept.items())[-(_MOST - 1) :])
            self._of[digest_of(cookie)] = _Session(visitor, now + LONGEST_SECONDS)
        return cookie

    def visitor_of(self, cookie: str) -> Visitor | None:
        """Whose session this is, as long as it lasts."""
        found = self._of.get(digest_of(cookie))
        return found.visitor if found is not None and found.until > self._clock() else None

    def end(self, cookie: str) -> None:
        """Forget it."""
        with self._lock:
            self._of.pop(digest_of(cookie), None)
