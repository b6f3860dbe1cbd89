"""Entries in the memory of this process, at most so many bytes: the least recently used go first."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from pgclinic_runtime.cache.entry import Entry

_OVERHEAD = 700
"""Bytes that an entry takes beside its payload, versions and key, about."""
_MOST_TAGS = 100_000


class Memory:
    """Safe to share between threads."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._tags: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> Entry | None:
        """The entry, however old."""
        entry = self._entries.get(key)
        if entry is not None:
            try:
                self._entries.move_to_end(key)
            except KeyError:
                return None  # another thread dropped it just now
        return entry

    def put(self, key: str, entry: Entry) -> None:
        """In place of what was there; one that is larger than all of the memory is not kept."""
        with self._lock:
            self._drop(key)
            size = size_of(key, entry)
            if size > self.most_bytes:
                return
            while self.bytes + size > self.most_bytes:
                self._drop(next(iter(self._entries)))
            self._entries[key] = entry
            self.bytes += size

    def versions(self, tags: Iterable[str]) -> list[bytes | None]:
        """The version of each tag, None for one that has none."""
        return [self._tags.get(tag) for tag in tags]

    def establish(self, versions: Mapping[str, bytes]) -> None:
        """Give versions to those tags that have none."""
        with self._lock:
            if len(self._tags) + len(versions) > _MOST_TAGS:
                self._tags.clear()  # entries of a tag without its version are misses
            for tag, version in versions.items():
                self._tags.setdefault(tag, version)

    def mark(self, versions: Mapping[str, bytes]) -> None:
        """Give tags new versions: entries that have them become invalid."""
        with self._lock:
            self._tags.update(versions)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._tags.clear()
            self.bytes = 0

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.bytes -= size_of(key, entry)


def size_of(key: str, entry: Entry) -> int:
    """Bytes that it takes in a memory, about."""
    return _OVERHEAD + len(key) + len(entry.payload) + len(entry.versions)
