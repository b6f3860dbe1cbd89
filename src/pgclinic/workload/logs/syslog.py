"""The plain log inside syslog: every line under syslog's own head, messages split into numbered pieces.

Source: ``write_syslog`` in PostgreSQL's src/backend/utils/error/elog.c: ``[message-piece]`` follows the process id;
a message is split at its line ends and after 900 bytes; rsyslog writes a tab as ``#011``.
"""

import re
from collections.abc import Iterable, Iterator

_LINE = re.compile(
    r"(?:<\d{1,3}>(?:1 )?)?"
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) "
    r"\S+ [^\s\[:]+\[(?P<process>\d+)\]: "
    r"(?:\[\d+ [^\]]*\] )?"
    r"\[(?P<message>\d+)(?:-(?P<piece>\d+))?\] (?P<text>.*)",
    re.DOTALL,
)
_PART = re.compile(r".{0,400}?\b(?:DETAIL|HINT|STATEMENT|QUERY|CONTEXT|LOCATION):  ")
_MOST_PROCESSES = 4096
_MOST_PIECES = 20_000


def recognises(line: str) -> bool:
    """Whether a line is PostgreSQL's, written by syslog."""
    return _LINE.match(line) is not None


def unwrapped(lines: Iterable[str]) -> Iterator[str]:
    """The lines as PostgreSQL would have written them to stderr, each message whole."""
    waiting: dict[str, tuple[str, list[str]]] = {}
    for line in lines:
        found = _LINE.match(line)
        if found is None:
            continue
        process, message, text = found["process"], found["message"], found["text"].replace("#011", "\t")
        known = waiting.get(process)
        if known and known[0] == message:
            pieces = known[1]
            if len(pieces) >= _MOST_PIECES:
                continue
            if text.startswith("\t") or _PART.match(text):
                pieces.append(text)
            else:
                pieces[-1] += text
            continue
        if known:
            yield from waiting.pop(process)[1]
        elif len(waiting) >= _MOST_PROCESSES:
            yield from waiting.pop(next(iter(waiting)))[1]
        # The head's process id is all that is known for sure about who wrote the message.
        waiting[process] = (message, [f"[{process}] {text}"])
    for _, pieces in waiting.values():
        yield from pieces
