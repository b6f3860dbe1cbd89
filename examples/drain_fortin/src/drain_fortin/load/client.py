"""HTTP/1.1 with as little work as can be: the load shares a machine with what it measures.

httpx takes longer for a request than the service does for most. Answers must have a Content-Length, as uvicorn's do.
"""

import asyncio
import re
from collections import deque
from contextlib import suppress

from drain_fortin.load.actions import Asked

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_COOKIE = re.compile(rb"\r\nset-cookie: *([^;\r]+)", re.IGNORECASE)
_LINE = len(b"HTTP/1.1 200")
_LARGEST_HEAD = 1 << 18

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Client:
    """As many connections as requests are under way, each used again. ``headers`` go with every request."""

    def __init__(self, host: str, port: int, headers: dict[str, str]) -> None:
        self._host = host
        self._port = port
        own = {"Host": f"{host}:{port}", "Content-Type": "application/json", **headers}
        self._head = "".join(f"{name}: {value}\r\n" for name, value in own.items())
        self._idle: deque[Line] = deque()

    async def ask(self, asked: Asked, cookie: str = "") -> tuple[int, bytes, str]:
        """Status, body and the cookie that was set. Raises OSError or EOFError when the connection is lost."""
        reader, writer = await self._line()
        try:
            writer.write(self._request(asked, cookie))
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            body = await reader.readexactly(int(length[1])) if length else b""
        except BaseException:
            writer.close()
            raise
        self._idle.append((reader, writer))
        found = _COOKIE.search(head)
        return int(head[_LINE - 3 : _LINE]), body, found[1].decode() if found else ""

    async def close(self) -> None:
        """Hang up."""
        while self._idle:
            _, writer = self._idle.pop()
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _line(self) -> Line:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()  # the server hung up meanwhile
        return await asyncio.open_connection(self._host, self._port, limit=_LARGEST_HEAD)

    def _request(self, asked: Asked, cookie: str) -> bytes:
        head = f"{asked.method} {asked.path} HTTP/1.1\r\n{self._head}Content-Length: {len(asked.body)}\r\n"
        if cookie:
            head += f"Cookie: {cookie}\r\n"
        return head.encode() + b"\r\n" + asked.body
