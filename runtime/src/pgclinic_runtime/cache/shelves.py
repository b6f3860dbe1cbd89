"""Where entries and tags lie: in Redis while it can be used, in memory otherwise. Nobody but this file knows which."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from pgclinic_runtime.breaker import Breaker
from pgclinic_runtime.cache.entry import Entry, unpacked
from pgclinic_runtime.cache.memory import Memory
from pgclinic_runtime.cache.near import Near
from pgclinic_runtime.cache.shared import ERRORS, AsyncShared, Shared
from pgclinic_runtime.cache.tags import joined
from pgclinic_runtime.steps import Steps

_MOST_PENDING = 10_000


class Shelves:
    """Names are what ``names`` makes of keys and tags. No call raises because of Redis.

    While Redis is away, invalidations are kept, and given to it before anything of it is believed again; what was
    cached in memory meanwhile is then forgotten.
    """

    def __init__(
        self,
        shared: Shared | AsyncShared | None,
        memory: Memory,
        prefix: str,
        breaker: Breaker,
        clock: Callable[[], float] = time.monotonic,
        *,
        near: Near | None = None,
    ) -> None:
        self.shared = shared
        self.memory = memory
        self.near = near
        self.prefix = prefix
        self.breaker = breaker
        self.clock = clock
        self._lock = threading.Lock()
        self._pending: dict[str, bytes] = {}
        self._wipe = False

    def find(self, names: Sequence[str]) -> Steps[Entry | None]:
        """The entry of the first name, if the tags that the others are still have its versions."""
        if self.shared is not None and (not self.breaker.is_open or (yield from self._recovered())):
            generation = self.near.generation if self.near is not None else 0
            try:
                data, *versions = yield partial(self.shared.get, names)
            except ERRORS:
                self._failed()
            else:
                entry = unpacked(data) if data is not None else None
                if entry is None or joined(versions) != entry.versions:
                    return None
                if self.near is not None:
                    self.near.put(names[0], entry, self.clock(), generation)
                return entry
        return self.find_in_memory(names)

    def at_hand(self, names: Sequence[str]) -> Entry | None:
        """The same as far as nobody needs to be asked: from memory without Redis, else a copy of an instant ago."""
        if self.shared is None:
            return self.find_in_memory(names)
        return self.near.get(names[0], self.clock()) if self.near is not None else None

    def find_in_memory(self, names: Sequence[str]) -> Entry | None:
        """The same, when there is no Redis."""
        entry = self.memory.get(names[0])
        if entry is None or (len(names) > 1 and joined(self.memory.versions(names[1:])) != entry.versions):
            return None
        return entry

    def versions(self, tags: Sequence[str]) -> Steps[list[bytes | None]]:
        """The version of each tag, None for one that has none."""
        if not tags:
            return []
        if self.shared is not None and (not self.breaker.is_open or (yield from self._recovered())):
            try:
                return (yield partial(self.shared.get, tags))  # type: ignore[no-any-return]
            except ERRORS:
                self._failed()
        return self.memory.versions(tags)

    def establish(self, versions: Mapping[str, bytes]) -> Steps[None]:
        """Give versions to those tags that have none."""
        if self.shared is not None and not self.breaker.is_open:
            try:
                yield partial(self.shared.establish, versions)
            except ERRORS:
                self._failed()
            else:
                return
        self.memory.establish(versions)

    def claim(self, lock: str, fence: bytes, seconds: float) -> Steps[bool]:
        """Whether the caller may load: it alone among all processes, or Redis is away and nobody can say."""
        if self.shared is None or self.breaker.is_open:
            return True
        try:
            return (yield partial(self.shared.claim, lock, fence, seconds))  # type: ignore[no-any-return]
        except ERRORS:
            self._failed()
            return True

    def keep(self, names: Sequence[str], lock: str, fence: bytes | None, entry: Entry, seconds: float) -> Steps[None]:
        """Store it for so many seconds and release the lock, unless it was overtaken, or has no ``fence`` at all."""
        if self.shared is not None and not self.breaker.is_open:
            if fence is None:
                return
            try:
                yield partial(self.shared.put, lock, names[0], names[1:], fence, entry.packed(), seconds)
            except ERRORS:
                self._failed()
            else:
                return
        self.memory.put(names[0], entry)

    def release(self, lock: str, fence: bytes) -> Steps[None]:
        """The load failed: let another one try."""
        if self.shared is not None and not self.breaker.is_open:
            try:
                yield partial(self.shared.release, lock, fence)
            except ERRORS:
                self._failed()

    def mark(self, versions: Mapping[str, bytes]) -> Steps[None]:
        """Give tags new versions, now and in Redis as soon as it can be reached."""
        try:
            yield from self._marked(versions)
        finally:
            if self.near is not None:
                self.near.forget()

    def _marked(self, versions: Mapping[str, bytes]) -> Steps[None]:
        self.memory.mark(versions)
        while self.shared is not None:
            with self._lock:
                if self.breaker.is_open:
                    self._pending.update(versions)
                    if len(self._pending) > _MOST_PENDING:
                        self._pending.clear()
                        self._wipe = True
                    return
            try:
                yield partial(self.shared.mark, versions)
            except ERRORS:
                self._failed()
            else:
                return

    def clear(self) -> Steps[None]:
        """Forget everything, also what other processes cached under the same prefix."""
        self.memory.clear()
        if self.shared is None:
            return
        try:
            if not self.breaker.is_open:
                yield partial(self.shared.clear, self.prefix)
                return
        except ERRORS:
            self._failed()
        finally:
            if self.near is not None:
                self.near.forget()
        self._wipe = True

    def _failed(self) -> None:
        with self._lock:
            self.breaker.failed(self.clock())

    def _recovered(self) -> Steps[bool]:
        """Whether Redis is back; the one caller that is to find out gives it what it missed."""
        if self.shared is None or not self.breaker.try_again(self.clock()):
            return False
        try:
            yield partial(self.shared.get, [self.prefix])
            while True:
                with self._lock:
                    wipe, missed = self._wipe, dict(self._pending)
                    self._wipe = False
                    if not wipe and not missed:
                        self.memory.clear()
                        self.breaker.succeeded()
                        return True
                if wipe:
                    self._wipe = True  # until it is done
                    yield partial(self.shared.clear, self.prefix)
                    self._wipe = False
                yield partial(self.shared.mark, missed)
                with self._lock:
                    for tag, version in missed.items():
                        if self._pending.get(tag) == version:
                            del self._pending[tag]
        except ERRORS:
            return False
