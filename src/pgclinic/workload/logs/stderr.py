"""PostgreSQL's plain log, as it goes to stderr: a prefix, a severity, a message; further lines begin with a tab.

Source: ``send_message_to_server_log`` and ``append_with_tabs`` in PostgreSQL's src/backend/utils/error/elog.c.
"""

import re
from collections.abc import Iterable, Iterator

from pgclinic.workload.logs.entry import Entry
from pgclinic.workload.logs.opening import CUT, LONGEST
from pgclinic.workload.logs.prefix import origin_of

_HEAD = re.compile(
    r"(?P<prefix>.{0,400}?)\b"
    r"(?P<severity>DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC"
    r"|DETAIL|HINT|STATEMENT|QUERY|CONTEXT|LOCATION|BACKTRACE):  (?P<text>.*)",
    re.DOTALL,
)
_BEGINNING = 1000
"""Characters that are kept of a text that is cut, to tell what it was."""
_PARTS = frozenset({"DETAIL", "HINT", "STATEMENT", "QUERY", "CONTEXT", "LOCATION", "BACKTRACE"})
"""What belongs to the message before it."""


def recognises(line: str) -> bool:
    """Whether a line is the first of a message."""
    return not line.startswith("\t") and _HEAD.match(line) is not None


def entries(lines: Iterable[str]) -> Iterator[Entry]:
    """The messages in order. Lines that belong to none are passed over."""
    message = _Message("", "")
    for line in lines:
        if line.startswith("\t"):
            message.go_on(line[1:])
            continue
        head = _HEAD.match(line)
        if head is None:
            # Not every writer keeps the tab (systemd's journal does not), but an empty line is a statement's own.
            message.go_on(line) if not line else message.close()
        elif head["severity"] in _PARTS:
            message.begin(head["severity"], head["text"])
        else:
            yield from message.finished()
            message = _Message(head["prefix"], head["severity"])
            message.begin("MESSAGE", head["text"])
    yield from message.finished()


class _Message:
    """The lines of one message as they come."""

    def __init__(self, prefix: str, severity: str) -> None:
        self._prefix = prefix
        self._severity = severity
        self._parts: dict[str, list[str]] = {}
        self._open: list[str] | None = None
        self._size = 0
        self._is_cut = False

    def begin(self, part: str, text: str) -> None:
        self._open = self._parts.setdefault(part, [])
        self.go_on(text)

    def go_on(self, text: str) -> None:
        if self._open is None:
            return
        self._size += len(text)
        if self._size > LONGEST or text.endswith(CUT):
            self._is_cut = True
            if self._open:
                return
            text = text[:_BEGINNING]
        self._open.append(text)

    def close(self) -> None:
        """What comes next is not ours."""
        self._open = None

    def finished(self) -> Iterator[Entry]:
        if "MESSAGE" not in self._parts:
            return
        origin = origin_of(self._prefix)
        yield Entry(
            severity=self._severity,
            message="\n".join(self._parts["MESSAGE"]),
            detail="\n".join(self._parts.get("DETAIL", ())),
            context="\n".join(self._parts.get("CONTEXT", ())),
            process=origin.process,
            database=origin.database,
            role=origin.role,
            application=origin.application,
            is_cut=self._is_cut,
        )
