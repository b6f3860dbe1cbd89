"""Redis on a socket: as much memory as it was given, the coldest keys leave first, nothing on disk."""

import socket
from collections.abc import Mapping

from pgclinic.stack.part import Part, run_in_folder
from pgclinic.stack.programs import Program, demand_redis

_SOCKET = "redis.sock"
_BASE_SETTINGS: dict[str, object] = {
    "port": 0,
    "unixsocket": "{folder}/redis.sock",
    "unixsocketperm": 700,
    "dir": "{folder}",
    "save": '""',
    "appendonly": "no",
    "maxmemory": "64mb",
    "maxmemory-policy": "allkeys-lfu",
    "daemonize": "no",
    "set-proc-title": "no",  # whoever sweeps knows it by its command line
}


class Redis(Part):
    """A running Redis, reached by ``url`` (redis-py's ``from_url``)."""

    name = "Redis"

    @property
    def socket_path(self) -> str:
        """The path of its socket."""
        return str(self.directory / _SOCKET)

    @property
    def url(self) -> str:
        """Such as ``unix:///var/cache/…/redis.sock``."""
        return f"unix://{self.socket_path}"

    def is_healthy(self) -> bool:
        """Whether it answers PING."""
        return answers(self.socket_path)


def answers(path: str) -> bool:
    """Whether a Redis at this socket answers PING."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(path)
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def start_redis(settings: Mapping[str, object] | None = None) -> Redis:
    """Redis with these settings of redis.conf on top.

    Raises UserError where Redis is missing, InstanceError where it does not start.
    """
    program: Program = demand_redis()
    lines = {**_BASE_SETTINGS, **(settings or {})}
    text = "".join(f"{key} {value}\n" for key, value in lines.items())
    redis = Redis(run_in_folder({"redis.conf": text}, [program.path, "{folder}/redis.conf"]), program.label)
    try:
        redis.wait_until_healthy()
    except BaseException:
        redis.stop()
        raise
    return redis
