"""Connections to Redis for the one command that every hit needs. redis-py's client costs about as much as a hit."""

from collections.abc import Sequence
from typing import Any

import redis
import redis.asyncio


def _packed(names: Sequence[str]) -> list[bytes]:
    """MGET of these names as it travels (RESP)."""
    parts = [b"*%d\r\n$4\r\nMGET\r\n" % (len(names) + 1)]
    for name in names:
        data = name.encode(errors="surrogatepass")
        parts.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return [b"".join(parts)]


class Lines:
    """As many as are in use at once; each call has one to itself. Made by ``pool``, which sets their timeouts."""

    def __init__(self, pool: redis.ConnectionPool) -> None:
        self._pool = pool
        self._idle: list[Any] = []

    def get(self, names: Sequence[str]) -> list[bytes | None]:
        """The values of these names; None for one that is missing or no string. Raises redis.RedisError or OSError."""
        command = _packed(names)
        while True:
            try:
                line, used = self._idle.pop(), True
            except IndexError:
                line, used = self._pool.make_connection(), False
            try:
                line.send_packed_command(command)
                values: list[bytes | None] = line.read_response()
            except BaseException as error:
                line.disconnect()
                if used and isinstance(error, redis.ConnectionError):
                    continue  # it may be from before a restart
                raise
            self._idle.append(line)
            return values

    def close(self) -> None:
        """Those that are in use are closed by who uses them."""
        while self._idle:
            self._idle.pop().disconnect()


class AsyncLines:
    """The same for asyncio."""

    def __init__(self, pool: redis.asyncio.ConnectionPool) -> None:
        self._pool = pool
        self._idle: list[Any] = []

    async def get(self, names: Sequence[str]) -> list[bytes | None]:
        """The values of these names; None for one that is missing or no string. Raises redis.RedisError or OSError."""
        command = _packed(names)
        while True:
            try:
                line, used = self._idle.pop(), True
            except IndexError:
                line, used = self._pool.make_connection(), False  # type: ignore[no-untyped-call]
            try:
                await line.connect()
                await line.send_packed_command(command[0])
                values: list[bytes | None] = await line.read_response()
            except BaseException as error:
                await line.disconnect(nowait=True)
                if used and isinstance(error, redis.ConnectionError):
                    continue  # it may be from before a restart
                raise
            self._idle.append(line)
            return values

    async def close(self) -> None:
        """Those that are in use are closed by who uses them."""
        while self._idle:
            await self._idle.pop().disconnect()
