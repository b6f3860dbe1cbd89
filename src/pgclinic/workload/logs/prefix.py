"""What a line's prefix says, whatever ``log_line_prefix`` is.

Documentation: "What To Log", https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-LOG-LINE-PREFIX.
A log does not say what its prefix was, so the fields are recognised by how people write them: a process id in brackets,
``user@database``, ``db=…``. What is not recognised stays empty.
"""

import re
from functools import lru_cache

import msgspec

_PROCESS = (
    re.compile(r"\[(\d+)(?:-\d+)?\]"),
    re.compile(r"\b(?:pid|process|proc|p)[=:]\s*(\d+)"),
    re.compile(r"\b([0-9a-f]{8}\.[0-9a-f]+)\b"),
    re.compile(r"(?<![\d:.(+-])\b(\d{2,8})\b(?![\d:.)-])"),
)
"""``[%p]`` or ``[%p-%l]``; ``pid=%p``; the session id ``%c``; a number that is no part of a time or an address."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? ")
"""``%t`` or ``%m``; what follows it is the same for a whole session."""
_ROLE_AT_DATABASE = re.compile(r"([^\s@,:=(\[\]]+|\[unknown\])@([^\s@,:=)\[\]]+|\[unknown\])")
_ROLE = re.compile(r"\b(?:user|usr|u)[=:]\s?([^,\s\]]*)")
_DATABASE = re.compile(r"\b(?:db|database|dbname|d)[=:]\s?([^,\s\]]*)")
_APPLICATION = re.compile(r"\b(?:app|application|application_name|a)[=:]\s?(\[unknown\]|.*?)(?=[,\]]|\s+\w+=|\s*\Z)")
_UNKNOWN = "[unknown]"


class Origin(msgspec.Struct, frozen=True):
    """Where a message came from, as far as its prefix says."""

    process: str = ""
    database: str = ""
    role: str = ""
    application: str = ""


def origin_of(prefix: str) -> Origin:
    """Read a prefix such as ``2026-01-01 12:00:00 UTC [4711] app@shop``."""
    return _origin(_TIME.sub("", prefix, count=1))


@lru_cache(maxsize=4096)
def _origin(prefix: str) -> Origin:
    process = next((found[1] for pattern in _PROCESS if (found := pattern.search(prefix))), "")
    pair = _ROLE_AT_DATABASE.search(prefix)
    role, database = pair.groups() if pair else (_first(_ROLE, prefix), _first(_DATABASE, prefix))
    return Origin(process, _known(database), _known(role), _known(_first(_APPLICATION, prefix)))


def _first(pattern: re.Pattern[str], prefix: str) -> str:
    found = pattern.search(prefix)
    return found[1] if found else ""


def _known(name: str) -> str:
    return "" if name == _UNKNOWN else name
