"""Which format a log is in, told from its first lines."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import msgspec

from pgclinic.model.errors import UserError
from pgclinic.workload.logs import csvlog, jsonlog, stderr, syslog
from pgclinic.workload.logs.entry import Entry
from pgclinic.workload.logs.language import language_of
from pgclinic.workload.logs.opening import lines_of

_HEAD_LINES = 1000
_HEAD_CHARACTERS = 1 << 22


class _Format(msgspec.Struct, frozen=True):
    recognises: Callable[[str], bool]
    entries: Callable[[Iterable[str]], Iterator[Entry]]


def _entries_of_syslog(lines: Iterable[str]) -> Iterator[Entry]:
    return stderr.entries(syslog.unwrapped(lines))


_FORMATS = (
    _Format(jsonlog.recognises, jsonlog.entries),
    _Format(csvlog.recognises, csvlog.entries),
    _Format(syslog.recognises, _entries_of_syslog),
    _Format(stderr.recognises, stderr.entries),
)
"""The stricter ones first: a line of syslog holds one of the plain log, and a statement may hold anything."""


def entries_of(path: Path) -> Iterator[Entry]:
    """The messages of one log. Raises UserError naming the file when it is empty, unreadable or no log."""
    lines = lines_of(path)
    head: list[str] = []
    size = 0
    chosen: _Format | None = None
    for line in lines:
        head.append(line)
        size += len(line)
        chosen = next((each for each in _FORMATS if each.recognises(line)), None)
        if chosen or len(head) >= _HEAD_LINES or size > _HEAD_CHARACTERS:
            break
    if chosen is None:
        raise UserError(_complaint(path, head))
    yield from chosen.entries(chain(head, lines))


def entries_in(lines: Sequence[str]) -> Iterator[Entry]:
    """The messages of what was copied out of a log; none where no line is the first of one."""
    for line in lines[:_HEAD_LINES]:
        chosen = next((each for each in _FORMATS if each.recognises(line)), None)
        if chosen:
            return chosen.entries(lines)
    return iter(())


def _complaint(path: Path, head: list[str]) -> str:
    if not any(line.strip() for line in head):
        return f"The log {path} is empty; give one with statements in it."
    language = next(filter(None, map(language_of, head)), "")
    if language:
        return in_another_language(path, language)
    return f"{path} is no log of PostgreSQL; give what the server writes to stderr, or its csvlog or jsonlog."


def in_another_language(path: Path, language: str) -> str:
    """The sentence for a log that is not in English."""
    return f"The log {path} is in {language}; set lc_messages = 'C' on the server and collect a new one in English."
