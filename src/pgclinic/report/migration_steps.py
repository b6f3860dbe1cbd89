"""A course as steps that a migration tool can apply one by one and roll back one by one.

Statements that may share a transaction are one part, a statement that may not is a part of its own, and so is one that
is repeated batch by batch. A step is one part there and what takes it back. Rolled back from the last to the first,
the steps run the whole way back in its order.
"""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from itertools import groupby
from typing import NamedTuple

import msgspec

from pgclinic.model.clock import seconds_later
from pgclinic.model.evidence import Unit
from pgclinic.model.prescription import Course, Prescription, Statement
from pgclinic.report.figures import figure
from pgclinic.report.locks import blocks_words
from pgclinic.report.printable import printable
from pgclinic.report.sentences import sentence
from pgclinic.sql import quote

NO_LIMITS = ("reset lock_timeout", "reset statement_timeout")

SHORT_WAIT = "500ms"
"""For a lock that keeps others waiting meanwhile: then rather fail, and be run again."""
LONG_WAIT = "10min"
"""For what waits for older transactions and keeps nobody waiting who reads or writes."""

_WIDTH = 100
_LONGEST_NAME = 60


class Way(Enum):
    """How a part is run."""

    TOGETHER = "in one transaction"
    ALONE = "outside a transaction"
    BATCHES = "in batches, each committed"


class Part(NamedTuple):
    """Statements that are run one way; of ``ALONE`` and ``BATCHES`` there is one."""

    way: Way
    statements: tuple[Statement, ...]

    @property
    def in_transaction(self) -> bool:
        """Whether it may run in a transaction that the tool has begun."""
        return self.way is Way.TOGETHER

    @property
    def texts(self) -> tuple[str, ...]:
        """What is sent, without semicolons at the end."""
        if self.way is Way.BATCHES:
            return (in_batches(self.statements[0].sql),)
        return tuple(statement.sql for statement in self.statements)

    def limits(self, *, local: bool) -> tuple[str, str]:
        """How long it may wait for a lock, and that it may take its time; ``local`` to the transaction it is in."""
        wait = LONG_WAIT if self.way is Way.ALONE else SHORT_WAIT
        scope = "local " if local else ""
        return (f"set {scope}lock_timeout = '{wait}'", f"set {scope}statement_timeout = 0")


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an item. ``number`` counts from 1 over the course; ``up`` or ``down`` may have nothing to run."""

    number: int
    name: str
    comment: tuple[str, ...]
    up: Part | None
    down: tuple[Part, ...]

    @property
    def in_transaction(self) -> bool:
        """Whether both ways may run in a transaction that the tool has begun."""
        return all(part.in_transaction for part in (*([self.up] if self.up else []), *self.down))


def steps_of(course: Course, *, one_down: bool = False) -> tuple[Step, ...]:
    """All steps in order. With ``one_down`` no step has more than one part to take back: there are more steps then.

    What is done in the application has no steps.
    """
    found: list[Step] = []
    for item in course.prescriptions:
        if item.is_elsewhere:
            continue
        ups, downs = parts_of(item.do), _downs(item)
        pairs: list[tuple[Part | None, tuple[Part, ...]]] = list(zip(ups, downs, strict=True))
        if one_down:
            pairs = [
                (up if place == 0 else None, (down,) if down else ())
                for up, own in pairs
                # The last of the parts to take back belongs to the first step, which is rolled back last.
                for place, down in enumerate(reversed(own) if own else (None,))
            ]
        several = len(pairs) > 1
        for place, (up, down) in enumerate(pairs, start=1):
            name = f"{_name(item)}_{place}" if several else _name(item)
            found.append(Step(number=len(found) + 1, name=name, comment=tuple(_comment(item)), up=up, down=down))
    return tuple(found)


def parts_of(statements: Sequence[Statement]) -> tuple[Part, ...]:
    """The statements in their order, those together that may share a transaction."""
    parts: list[Part] = []
    for way, members in groupby(statements, key=_way):
        if way is Way.TOGETHER:
            parts.append(Part(way, tuple(members)))
        else:
            parts += [Part(way, (statement,)) for statement in members]
    return tuple(parts)


def in_batches(sql: str) -> str:
    """A block that runs the statement until it finds no more rows, each time in a transaction of its own.

    COMMIT in a DO block needs to be outside a transaction (documentation, "Transaction Management" of PL/pgSQL).
    """
    body = (
        "declare\n  handled bigint;\nbegin\n  loop\n"
        f"    execute {quote.dollars(sql)};\n"
        "    get diagnostics handled = row_count;\n    commit;\n    exit when handled = 0;\n  end loop;\nend"
    )
    return f"do {quote.dollars(body)}"


def stamps(course: Course, steps: Sequence[Step]) -> Mapping[int, str]:
    """A version for each step by its number, ``YYYYMMDDhhmmss``: the time of the visit, a second later each."""
    return {step.number: re.sub(r"\D", "", seconds_later(course.patient.clock, step.number))[:14] for step in steps}


def comment(step: Step, mark: str = "-- ") -> str:
    """What the step is for, as lines of comments; whatever a text holds, it stays inside them."""
    lines = [each for line in step.comment for each in textwrap.wrap(printable(line), _WIDTH, break_on_hyphens=False)]
    return "\n".join(f"{mark}{line}" for line in lines)


def _way(statement: Statement) -> Way:
    if statement.repeats:
        return Way.BATCHES
    return Way.TOGETHER if statement.in_transaction else Way.ALONE


def _downs(item: Prescription) -> list[tuple[Part, ...]]:
    """For each part of the ``do`` what takes it back: of each statement of the undo where what it needs was done.

    One that needs nothing takes the whole back, so it comes last: with the first part.
    """
    ups = parts_of(item.do)
    ends = [sum(len(part.statements) for part in ups[: place + 1]) for place in range(len(ups))]
    downs: list[list[Statement]] = [[] for _ in ups]
    latest = len(ups) - 1
    for statement in item.undo:
        place = next((place for place, end in enumerate(ends) if statement.needs <= end), latest)
        latest = min(place, latest)
        downs[latest].append(statement)
    return [parts_of(statements) for statements in downs]


def _name(item: Prescription) -> str:
    return re.sub(r"[^a-z0-9]+", "_", f"{item.kind}_{item.object.name}".lower()).strip("_")[:_LONGEST_NAME].rstrip("_")


def _comment(item: Prescription) -> Iterator[str]:
    yield sentence(item.reason, item.facts)
    if item.size_bytes:
        yield f"{figure(item.size_bytes, Unit.BYTES)} (estimated)"
    for statement in item.do:
        if statement.lock:
            yield f"lock: {statement.lock}; blocks {blocks_words(statement)}"
            break
    if item.application is not None:
        yield f"in your application: {item.application.summary}"
