"""Entries and tags in Redis, sync and async: one round trip for whatever is asked."""

from collections.abc import Mapping, Sequence
from typing import Any

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from pgclinic_runtime.cache.lines import AsyncLines, Lines

ERRORS = (redis.RedisError, OSError)
"""What says that Redis cannot be used now."""
TAG_SECONDS = 2 * 86_400
"""Tags that nothing was loaded under for so long are forgotten, which only makes entries invalid."""

_PUT = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('set', KEYS[2], ARGV[2], 'PX', ARGV[3])
for index = 3, #KEYS do redis.call('expire', KEYS[index], ARGV[4]) end
redis.call('del', KEYS[1])
return 1
"""
"""Stores only while the lock still has the loader's fence: who was overtaken cannot overwrite what came after."""
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


def _put_arguments(lock: str, key: str, tags: Sequence[str], fence: bytes, data: bytes, seconds: float) -> list[Any]:
    return [
        2 + len(tags),
        lock,
        key,
        *tags,
        fence,
        data,
        max(1, int(seconds * 1000)),
        max(TAG_SECONDS, int(2 * seconds)),
    ]


def _literally(prefix: str) -> str:
    """As a pattern of SCAN."""
    return "".join(f"\\{letter}" if letter in "*?[]\\^-" else letter for letter in prefix) + "*"


class Shared:
    """Redis, sync. Every call raises redis.RedisError or OSError after ``seconds`` at the latest."""

    def __init__(self, url: str, seconds: float) -> None:
        retry = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))  # from before a restart
        self.client = redis.Redis.from_url(
            url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=retry, protocol=2
        )
        self._lines = Lines(self.client.connection_pool)

    def get(self, names: Sequence[str]) -> list[bytes | None]:
        """The values of these keys; None for those that are missing or no strings."""
        return self._lines.get(names)

    def claim(self, lock: str, fence: bytes, seconds: float) -> bool:
        """Whether the lock is now held with this fence, for so many seconds at most."""
        return bool(self.client.set(lock, fence, nx=True, px=max(1, int(seconds * 1000))))

    def put(self, lock: str, key: str, tags: Sequence[str], fence: bytes, data: bytes, seconds: float) -> bool:
        """Store and release the lock, if it still has this fence."""
        return bool(self.client.eval(_PUT, *_put_arguments(lock, key, tags, fence, data, seconds)))

    def release(self, lock: str, fence: bytes) -> None:
        """Give the lock back, if it still has this fence."""
        self.client.eval(_RELEASE, 1, lock, fence)

    def establish(self, versions: Mapping[str, bytes]) -> None:
        """Give versions to those tags that have none."""
        with self.client.pipeline(transaction=False) as pipeline:
            for tag, version in versions.items():
                pipeline.set(tag, version, nx=True, ex=TAG_SECONDS)
            pipeline.execute()

    def mark(self, versions: Mapping[str, bytes]) -> None:
        """Give tags new versions."""
        with self.client.pipeline(transaction=False) as pipeline:
            for tag, version in versions.items():
                pipeline.set(tag, version, ex=TAG_SECONDS)
            pipeline.execute()

    def clear(self, prefix: str) -> None:
        """Remove every key that begins with ``prefix``."""
        for key in self.client.scan_iter(match=_literally(prefix), count=1000):
            self.client.unlink(key)

    def close(self) -> None:
        """Close its connections."""
        self._lines.close()
        self.client.close()


class AsyncShared:
    """Redis, async. Every call raises redis.RedisError or OSError after ``seconds`` at the latest."""

    def __init__(self, url: str, seconds: float) -> None:
        retry = AsyncRetry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))  # from before a restart
        self.client = redis.asyncio.Redis.from_url(
            url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=retry, protocol=2
        )
        self._lines = AsyncLines(self.client.connection_pool)

    async def get(self, names: Sequence[str]) -> list[bytes | None]:
        """The values of these keys; None for those that are missing or no strings."""
        return await self._lines.get(names)

    async def claim(self, lock: str, fence: bytes, seconds: float) -> bool:
        """Whether the lock is now held with this fence, for so many seconds at most."""
        return bool(await self.client.set(lock, fence, nx=True, px=max(1, int(seconds * 1000))))

    async def put(self, lock: str, key: str, tags: Sequence[str], fence: bytes, data: bytes, seconds: float) -> bool:
        """Store and release the lock, if it still has this fence."""
        return bool(await self.client.eval(_PUT, *_put_arguments(lock, key, tags, fence, data, seconds)))

    async def release(self, lock: str, fence: bytes) -> None:
        """Give the lock back, if it still has this fence."""
        await self.client.eval(_RELEASE, 1, lock, fence)

    async def establish(self, versions: Mapping[str, bytes]) -> None:
        """Give versions to those tags that have none."""
        async with self.client.pipeline(transaction=False) as pipeline:
            for tag, version in versions.items():
                pipeline.set(tag, version, nx=True, ex=TAG_SECONDS)
            await pipeline.execute()

    async def mark(self, versions: Mapping[str, bytes]) -> None:
        """Give tags new versions."""
        async with self.client.pipeline(transaction=False) as pipeline:
            for tag, version in versions.items():
                pipeline.set(tag, version, ex=TAG_SECONDS)
            await pipeline.execute()

    async def clear(self, prefix: str) -> None:
        """Remove every key that begins with ``prefix``."""
        async for key in self.client.scan_iter(match=_literally(prefix), count=1000):
            await self.client.unlink(key)

    async def close(self) -> None:
        """Close its connections."""
        await self._lines.close()
        await self.client.aclose()
