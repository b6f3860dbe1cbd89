"""What keys and tags are called in Redis and in memory."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pgclinic_runtime.cache.encoding import COMPRESSED, encode
from pgclinic_runtime.cache.tags import EVERY_TABLE, table_tags

_FORMAT = 1
_LONGEST = 200


class Names:
    """All begin with ``prefix``, which has the namespace and the version of the format."""

    def __init__(self, namespace: str) -> None:
        self.prefix = f"pgclinic:{_FORMAT}:{namespace}:"
        self._remembered = lru_cache(16_384)(self._made)

    def __call__(self, key: str, tags: Sequence[str], tables: Sequence[str]) -> tuple[tuple[str, ...], str]:
        """Of the entry followed by its tags, and of the lock that its loader holds."""
        return self._remembered(key, tuple(tags), tuple(tables))

    def _made(self, key: str, tags: tuple[str, ...], tables: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
        short = _short(key)
        of_tables = (f"{self.prefix}t:{tag}" for tag in table_tags(tables))
        return (f"{self.prefix}e:{short}", *self.of_tags(tags), *of_tables), f"{self.prefix}l:{short}"

    def of_tags(self, tags: Sequence[str]) -> tuple[str, ...]:
        """Of tags by themselves."""
        return tuple(f"{self.prefix}t:tag:{_short(tag)}" for tag in tags)

    def of_changed_tables(self, tables: Sequence[str]) -> tuple[str, ...]:
        """Of the tags of tables; the one that all have when none is named."""
        return tuple(f"{self.prefix}t:{tag}" for tag in (table_tags(tables)[1:] if tables else (EVERY_TABLE,)))

    @staticmethod
    def of_call(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        """The key of a function called with these arguments. Raises TypeError for those that cannot be encoded."""
        flags, written = encode([list(args), dict(sorted(kwargs.items()))])
        text = written.hex() if flags & COMPRESSED else written.decode()
        return f"{function.__module__}.{function.__qualname__}:{text}"


def _short(key: str) -> str:
    if len(key) <= _LONGEST:
        return key
    return f"{key[:60]}~{hashlib.blake2b(key.encode(errors='surrogatepass'), digest_size=24).hexdigest()}"
