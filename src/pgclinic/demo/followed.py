"""A course followed in the application's code: which of its statements become which, and what a timer has to call."""

import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import msgspec

from pgclinic.model.prescription import Course, Gather, StatementMapping
from pgclinic.postgres.parameters import Bound, as_in
from pgclinic.sql.squashing import words_of
from pgclinic.sql.statements import fingerprint

_OWN = -1
"""Stands for the type of a value that the application will send."""
_EVERY_MINUTE = "* * * * *"
_COMMANDS = frozenset({"--command", "-c"})


class FollowedGather(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one ``$n`` is made: of the call's parameter of this number, or a constant; for all calls as an array."""

    parameter: int = 0
    as_array: bool = False
    constant: str | None = None


class FollowedStatement(msgspec.Struct, frozen=True):
    """What is sent instead of a statement; one run stands for up to ``calls`` of it."""

    sql: str
    gathers: tuple[FollowedGather, ...]
    calls: int


def followed(statements: Path, course: Course) -> dict[str, FollowedStatement]:
    """The statements in this folder that the course replaces, by the stems of their files.

    As a developer does who reads the course: each is found by what it asks, and written as the mapping says.
    """
    mappings = {mapping.original: mapping for item in course.prescriptions for mapping in item.mappings}
    found = {}
    for file in sorted(statements.glob("*.sql")):
        sql = file.read_text(encoding="utf-8").strip()
        mapping = mappings.get(fingerprint(sql))
        if mapping is not None and (one := _written(sql, mapping)) is not None:
            found[file.stem] = one
    return found


def _written(sql: str, mapping: StatementMapping) -> FollowedStatement | None:
    """None where the mapping is of several statements, or does not fit."""
    highest = max((int(word.text[1:]) for word in words_of(sql) if word.kind == "PARAM"), default=0)
    own = tuple(Bound(str(number), _OWN) for number in range(1, highest + 1))
    values = as_in(mapping.sql, sql, own)
    if values is None or len(mapping.replacements) != 1:
        return None
    (replacement,) = mapping.replacements
    gathers = tuple(_gather(each, values[each.parameter - 1]) for each in replacement.parameters)
    return FollowedStatement(replacement.sql, gathers, mapping.calls)


def _gather(gather: Gather, value: Bound) -> FollowedGather:
    if value.oid == _OWN:
        assert value.text is not None
        return FollowedGather(int(value.text), gather.as_array)
    return FollowedGather(0, gather.as_array, value.text)


def timers(course: Course) -> tuple[str, ...]:
    """The statements that the course would have cron run every minute, in order."""
    return tuple(dict.fromkeys(_cron_statements(course)))


def _cron_statements(course: Course) -> Iterator[str]:
    for item in course.prescriptions:
        for example in item.application.examples if item.application else ():
            if example.stack == "cron" and example.code.startswith(_EVERY_MINUTE):
                words = shlex.split(example.code.replace(r"\%", "%"))
                yield from (value for option, value in pairwise(words) if option in _COMMANDS)
